import { describe, expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Bench, bench } from "./test-core.ts";

const remote = new URL("https://data.test/huge.bin");

/** A tracker with a run whose remote artifact never comes, unless its request is aborted. */
function hanging(options: Parameters<typeof bench>[0] = {}): Bench & { readonly logged: Promise<string> } {
  const runtime = manualRuntime({
    fetch: (request) =>
      new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason))),
  });
  const made = bench(options, {}, runtime);
  const logged = made.tracker
    .startRun()
    .logArtifact(remote)
    .then(() => "logged", String);
  return { ...made, logged };
}

describe("an artifact whose server does not answer", () => {
  test("flush() waits for it as long as its timeout, and says that it is pending", async () => {
    const { tracker, runtime } = hanging();
    const begun = runtime.clock.monotonic();
    const report = await runtime.clock.until(tracker.flush({ timeout: 300 }), 1_000);
    expect(runtime.clock.monotonic() - begun).toBe(300);
    expect(report.pending).toEqual({ points: 0, requests: 1 });
  });

  test("flush() stops waiting for it when its signal aborts", async () => {
    const { tracker, runtime } = hanging();
    const controller = new AbortController();
    const flushed = tracker.flush({ signal: controller.signal });
    controller.abort();
    expect((await runtime.clock.until(flushed, 1_000)).pending.requests).toBe(1);
  });

  test("close() takes its timeout once, by default delivery.exitTimeout, and says what is lost", async () => {
    const { tracker, runtime } = hanging({ delivery: { exitTimeout: 700 } });
    const begun = runtime.clock.monotonic();
    const report = await runtime.clock.until(tracker.close(), 5_000);
    expect(runtime.clock.monotonic() - begun).toBe(700);
    expect(report.pending.requests).toBe(1);
    expect(runtime.errorText.join("")).toContain("0 points and 1 request did not reach");
  });

  test("close() hands the queue what is left of its time", async () => {
    const { tracker, queue, runtime } = hanging();
    const limits: unknown[] = [];
    queue.close = async (options) => {
      limits.push(options);
      return queue.flush();
    };
    await runtime.clock.until(tracker.close({ timeout: 400 }), 1_000);
    expect(limits).toEqual([{ timeout: 0 }]);
  });

  test("the end of a process takes delivery.exitTimeout at most", async () => {
    const { runtime } = hanging({ delivery: { exitTimeout: 700 } });
    const begun = runtime.clock.monotonic();
    await runtime.clock.until(runtime.lifecycle.end({ kind: "signal", signal: "SIGTERM" }), 5_000);
    expect(runtime.clock.monotonic() - begun).toBe(700);
    expect(runtime.errorText.join("")).toContain("1 request did not reach");
  });

  test("a read waits for it as long as its freshness", async () => {
    const run = { info: { runId: "a".repeat(32) } };
    const { core, runtime } = hanging();
    Object.assign(core, { client: async () => ({ runs: { get: async () => run } }) });
    const { getRun } = await import("../../src/tracker/reads.ts");
    const begun = runtime.clock.monotonic();
    expect(await runtime.clock.until(getRun(core, "a".repeat(32), { freshness: 250 }), 1_000)).toBe(run);
    expect(runtime.clock.monotonic() - begun).toBe(250);
  });

  test("is given up after the time-out of a request, and then run.end() goes on", async () => {
    const { tracker, runtime, core, logged } = hanging();
    const [run] = [...core.open.values()];
    const begun = runtime.clock.monotonic();
    await runtime.clock.until(run!.end(), 500_000);
    expect(runtime.clock.monotonic() - begun).toBe(120_000);
    expect(await logged).toContain("took longer than 120000 ms");
    expect((await tracker.flush()).pending.requests).toBe(0);
  });

  test("run.end() waits for it as long as its timeout", async () => {
    const { runtime, core } = hanging();
    const [run] = [...core.open.values()];
    await expect(runtime.clock.until(run!.end("FINISHED", { timeout: 50 }), 1_000)).rejects.toThrow(
      "longer than 50 ms",
    );
  });
});

describe("what follows a delivery", () => {
  test("flush() and close() wait for it within their timeout", async () => {
    const { core, tracker, runtime } = bench();
    core.afterDelivery.add(new Promise(() => {}));
    const begun = runtime.clock.monotonic();
    await runtime.clock.until(tracker.flush({ timeout: 100 }), 1_000);
    await runtime.clock.until(tracker.close({ timeout: 200 }), 1_000);
    expect(runtime.clock.monotonic() - begun).toBe(300);
  });
});
