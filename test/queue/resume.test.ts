import { describe, expect, test } from "vitest";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { harness } from "./harness.ts";

/** A memory storage whose heads are given only when told to. */
function slowHeads(): { readonly storage: QueueStorage; hold: boolean; readonly held: (() => void)[] } {
  const inner = memoryQueue();
  const held: (() => void)[] = [];
  const slow = {
    hold: false,
    held,
    storage: {
      ...inner,
      async open() {
        const store = await inner.open();
        const heads = store.heads.bind(store);
        store.heads = async (after, limit) => {
          const page = await heads(after, limit);
          if (slow.hold) await new Promise<void>((resolve) => held.push(resolve));
          return page;
        };
        return store;
      },
    },
  };
  return slow;
}

describe("Queue.resume()", () => {
  test("leaves nothing out that waited before, while a page of later chunks is being read", async () => {
    const slow = slowHeads();
    const { queue, oracle, runtime, start } = harness({ storage: slow.storage });
    queue.pause();
    const run = start("a");
    queue.resume();
    oracle.fault = () => ({ status: 500 });
    await runtime.clock.advance(100);
    slow.hold = true;
    queue.setTag(run, "later", "1");
    await runtime.clock.advance(5_000);
    expect(slow.held.length).toBe(1);
    queue.resume();
    slow.hold = false;
    slow.held[0]!();
    oracle.fault = () => undefined;
    const report = await runtime.clock.until(queue.flush());
    expect(report).toMatchObject({ parked: { points: 0, requests: 0 }, pending: { points: 0, requests: 0 } });
    expect(oracle.named("a").tags.get("later")).toBe("1");
  });
});
