import { describe, expect, test } from "vitest";
import { StorageError } from "../../src/errors/usage-errors.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { flaky } from "./flaky-storage.ts";
import { harness, row } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

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
    expect(report).toMatchObject({ parked: nothing, pending: nothing });
    expect(oracle.named("a").tags.get("later")).toBe("1");
  });
});

describe("Queue.adoptRun()", () => {
  test.each([
    ["busy once", new StorageError("lock", { fault: "busy" }), 1, []],
    ["broken twice", new Error("disk"), 2, [expect.stringMatching(/^Cannot keep in the queue that run "far" is /)]],
  ])(
    "has another process go on with a run that was resumed here while the storage was %s",
    async (_, error, fails, told) => {
      const inner = memoryQueue();
      const leader = harness({ storage: inner });
      leader.start("mine");
      const { runtime, oracle } = leader;
      await runtime.clock.until(leader.queue.flush());
      // Nothing of it is in this storage.
      const elsewhere = harness({ runtime, oracle });
      elsewhere.start("far");
      await runtime.clock.until(elsewhere.queue.flush());
      const [runId, far] = [...oracle.runs].find(([, { name }]) => name === "far")!;

      let left = fails;
      const storage = flaky((name) => (name === "map" && left-- > 0 ? "before" : undefined), error, inner);
      const { queue, problems } = harness({ runtime, oracle, storage });
      queue.adoptRun("far", runId, "0");
      queue.updateRun("far", { status: "RUNNING" });
      queue.logMetric("far", "m", 1, 1, 1);
      await runtime.clock.advance(30_000);
      const report = await runtime.clock.until(queue.flush());
      expect(report).toMatchObject({ pending: nothing, parked: nothing, problems: [] });
      expect([...far.points]).toEqual([row("m", 1, 1, 1)]);
      expect(left).toBeLessThan(0);
      const said = problems.map(({ message }) => message).filter((message) => message.includes("that run"));
      expect(said).toEqual(told);
    },
  );
});
