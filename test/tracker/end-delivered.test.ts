import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { TimeoutError } from "../../src/errors/index.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { Run } from "../../src/tracker/types/run.ts";
import { type MockBench, mockBench } from "../faults/mock-bench.ts";

/** What `end()` says, and after how many milliseconds. */
async function ended({ runtime: { clock } }: MockBench, run: Run, timeout?: number): Promise<[unknown, number]> {
  const since = clock.monotonic();
  const options = { until: "delivered", ...(timeout !== undefined && { timeout }) } as const;
  const said = await clock.until(
    run.end("FINISHED", options).then(
      () => "resolved",
      (error: unknown) => error,
    ),
  );
  return [said, clock.monotonic() - since];
}

/** A run with a point. */
function begin({ tracker }: MockBench, name: string): Run {
  const run = tracker.startRun({ name });
  run.logMetric("m", 1);
  return run;
}

describe("Run.end() until it is delivered", () => {
  test("rejects at once when the queue is paused, and says what waits and what helps", async () => {
    const it = await mockBench({ queue: { ...memoryQueue(), durable: true } });
    it.tracker.queue.pause();
    const run = begin(it, "held");
    const [error, ms] = await ended(it, run, 1_500);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toContain(
      'Cannot end the run "held" on the server as 3 points and requests of it wait: the queue is paused; queue.resume()',
    );
    expect(ms).toBeLessThan(1_500);
    it.tracker.queue.resume();
    expect(await ended(it, run)).toEqual(["resolved", expect.any(Number)]);
    expect((await it.reader.run(await run.runId())).info.status).toBe("FINISHED");
  });

  test("rejects when the server refuses everything, with its words and the cure", async () => {
    let refuses = true;
    const between = (): Response | undefined => (refuses ? new Response("", { status: 401 }) : undefined);
    const it = await mockBench({ between });
    const run = begin(it, "refused");
    const [error, ms] = await ended(it, run, 100_000);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toMatch(/3 points and requests of it wait: .*401.*Give the option auth/);
    expect(ms).toBeLessThan(100_000);
    refuses = false;
    it.tracker.queue.resume();
    expect((await ended(it, run))[0]).toBe("resolved");
  });

  test("rejects when the run is parked", async () => {
    const it = await mockBench();
    const run = begin(it, "gone");
    await it.flush();
    const { runs } = createClient({ trackingUri: it.mock.trackingUri, fetch: it.mock.fetch });
    await runs.delete(await run.runId());
    run.logMetric("m", 2);
    const [error] = await ended(it, run);
    expect(String(error)).toMatch(/^TimeoutError: .*"gone" on the server as 2 points and .*restore/);
    // Of another run nothing waits.
    expect((await ended(it, begin(it, "other")))[0]).toBe("resolved");
  });

  test("says why when the time is over and the server does not answer", async () => {
    const it = await mockBench({
      between: () => {
        throw new TypeError("fetch failed");
      },
    });
    const run = begin(it, "away");
    const [error, ms] = await ended(it, run, 1_500);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toMatch(
      /"away" on the server within 1500 ms as 3 points and requests of it wait: .*no answer/,
    );
    expect(ms).toBe(1_500);
    const [later] = await ended(it, run, 0);
    expect(later).toBeInstanceOf(TimeoutError);
  });

  test("rejects with the reason of the signal, and when the tracker closes meanwhile", async () => {
    const it = await mockBench({ between: () => new Promise<Response>(() => {}) });
    const [run, other] = [begin(it, "a"), begin(it, "b")];
    const controller = new AbortController();
    const end = run.end("FINISHED", { until: "delivered", signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(it.runtime.clock.until(end)).rejects.toThrow("enough");
    const late = it.runtime.clock.until(other.end("FINISHED", { until: "delivered" }));
    await Promise.all([
      expect(late).rejects.toThrow("the tracker is closed"),
      it.runtime.clock.until(it.tracker.close({ timeout: 100 })),
    ]);
  });

  test("rejects for each of more parked runs than there are problems in the list", async () => {
    const it = await mockBench();
    const runs = Array.from({ length: 105 }, (_, n) => it.tracker.startRun({ name: `r${n}` }));
    await it.flush();
    const client = createClient({ trackingUri: it.mock.trackingUri, fetch: it.mock.fetch });
    for (const run of runs) {
      await client.runs.delete(await run.runId());
      run.logMetric("m", 1);
    }
    await it.flush();
    for (const run of runs) expect((await ended(it, run))[0]).toBeInstanceOf(TimeoutError);
  });

  test.each([undefined, 30_000])("waits for nothing of another run (timeout %s)", async (timeout) => {
    const it = await mockBench({
      between: (request, body) =>
        request.url.endsWith("log-batch") && body.includes('"bad"') ? new Response("no", { status: 500 }) : undefined,
    });
    const run = begin(it, "a");
    it.tracker.startRun({ name: "b" }).logMetric("bad", 1);
    await it.runtime.clock.until(it.tracker.flush({ timeout: 20_000 }));
    const [said, ms] = await ended(it, run, timeout);
    expect(said).toBe("resolved");
    expect(ms).toBeLessThan(30_000);
    expect((await it.reader.run(await run.runId())).info.status).toBe("FINISHED");
  });
});
