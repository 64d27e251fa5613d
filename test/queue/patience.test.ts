import { describe, expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Harness, harness } from "./harness.ts";

/** A queue of a process, before a server that never answers to what `silent` says. */
function process(silent: (path: string) => boolean): Harness & { readonly asked: string[]; answer: boolean } {
  const runtime = manualRuntime();
  Object.assign(runtime.lifecycle, { lingers: true });
  const it = Object.assign(harness({ runtime, delivery: { exitTimeout: 5_000 } }), {
    asked: [] as string[],
    answer: false,
  });
  it.oracle.fault = ({ path }) => {
    it.asked.push(path.split("/").at(-1)!);
    return silent(path) && !it.answer ? { delay: 1e9 } : undefined;
  };
  return it;
}

describe("A request that nobody waits for, in a process that logs nothing,", () => {
  test("is given up once after exitTimeout without an answer, and then has all of the request time-out", async () => {
    const it = process((path) => path.endsWith("log-batch"));
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.queue.logParam(run, "p", "1");
    const count = (): number => it.asked.filter((name) => name === "log-batch").length;
    await it.runtime.clock.advance(5_900);
    expect(count()).toBe(1);
    await it.runtime.clock.advance(3_000);
    expect(count()).toBe(2);
    await it.runtime.clock.advance(60_000);
    expect(count()).toBe(2);
    it.answer = true;
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: { points: 0, requests: 0 }, delivered: { requests: 2 } });
  });

  test("is given up once more, after twice as long, when something was logged while its second try was on its way", async () => {
    const it = process((path) => path.endsWith("log-batch"));
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.queue.logParam(run, "p", "1");
    const count = (): number => it.asked.filter((name) => name === "log-batch").length;
    await it.runtime.clock.advance(20_000);
    expect(count()).toBe(2);
    it.queue.logMetric(run, "loss", 1, 1, 1);
    await it.runtime.clock.advance(9_000);
    expect(count()).toBe(2);
    await it.runtime.clock.advance(8_000);
    expect(count()).toBe(3);
    await it.runtime.clock.advance(60_000);
    expect(count()).toBe(3);
  });

  test.each([
    [15, 30],
    [25, 100],
  ])(
    "F5 reaches a server that takes long although something is logged every %i s: answers take %i s",
    async (every, takes) => {
      const runtime = manualRuntime();
      Object.assign(runtime.lifecycle, { lingers: true });
      const it = harness({ runtime, delivery: { requestTimeout: 300_000 } });
      let asked = 0;
      it.oracle.fault = () => {
        asked++;
        return { delay: takes * 1_000 };
      };
      const run = it.start("a");
      for (let epoch = 0; epoch < 100; epoch++) {
        it.queue.logMetric(run, "loss", epoch, epoch, epoch);
        await it.runtime.clock.advance(every * 1_000);
      }
      expect(it.queue.status().delivered.points).toBeGreaterThan(80);
      expect(it.queue.status().waiting.points).toBeLessThan(20);
      // In vain were no more than tell how long it takes.
      expect(asked - it.oracle.trace().length).toBeLessThan(6);
    },
  );

  test("is given up as soon as at first when the server was quick for an hour again", async () => {
    const it = process((path) => path.endsWith("log-batch"));
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.queue.logParam(run, "p", "1");
    await it.runtime.clock.advance(20_000);
    it.answer = true;
    it.queue.logParam(run, "q", "1");
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.advance(3_700_000);
    it.answer = false;
    it.asked.length = 0;
    it.queue.logParam(run, "r", "1");
    await it.runtime.clock.advance(9_000);
    expect(it.asked).toEqual(["log-batch", "log-batch"]);
  });

  test("is not given up while somebody waits, or while something is logged", async () => {
    const it = process((path) => path.endsWith("log-batch"));
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.queue.logParam(run, "p", "1");
    for (let second = 0; second < 20; second++) {
      it.queue.logMetric(run, "loss", second, second, second);
      await it.runtime.clock.advance(1_000);
    }
    const count = (): number => it.asked.filter((name) => name === "log-batch").length;
    expect(count()).toBe(1);
    await it.runtime.clock.until(it.queue.flush({ timeout: 60_000 }));
    expect(count()).toBe(1);
  });

  test("is not given up when it is an upload", async () => {
    const it = process((path) => path.includes("mlflow-artifacts"));
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.until(it.queue.logArtifact(run, "big.bin", new Blob(["1"])));
    await it.runtime.clock.advance(60_000);
    expect(it.asked.filter((name) => name === "big.bin")).toHaveLength(1);
  });
});
