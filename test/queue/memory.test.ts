import { describe, expect, test } from "vitest";
import { queueContract } from "../../src/queue/contract.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";

describe("memoryQueue()", () => {
  queueContract(() => memoryQueue(), { test, expect });

  test("is not durable and says where data lies", () => {
    expect(memoryQueue()).toMatchObject({ durable: false, name: "memory" });
  });
});
