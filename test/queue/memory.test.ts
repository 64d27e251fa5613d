import { describe, expect, test } from "vitest";
import { queueContract } from "../../src/queue/contract.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";

describe("memoryQueue()", () => {
  queueContract(() => memoryQueue(), { test, expect });

  test("is not durable and says where data lies", () => {
    expect(memoryQueue()).toMatchObject({ durable: false, name: "memory" });
  });
});

/** A storage in memory that knows one run that is over. */
function forgetful(): QueueStorage {
  const store = new MemoryStore(1);
  return { name: "memory", durable: false, open: async () => store };
}

describe("MemoryStore of one run that is over", () => {
  queueContract(forgetful, { test, expect });
});
