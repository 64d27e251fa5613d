import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type MockBench, mockBench } from "./mock-bench.ts";
import { expectAllDelivered } from "./workload.ts";

interface Point {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

/** Keeps points as MLflow's file store does: a line each, also for one that it has. */
class AppendingServer {
  readonly lines: Point[] = [];
  /** What it says that it keeps runs in; undefined before MLflow 3. */
  storeType: string | undefined = "FileStore";
  /** Acknowledgements that are lost. */
  lost = 0;
  /** Points of a batch that are written before the server dies in the middle of it. */
  half = Number.POSITIVE_INFINITY;

  readonly answer = (request: Request, body: string): Response | undefined => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname.endsWith("server-info")) {
      if (this.storeType === undefined) return new Response("<html>Not Found</html>", { status: 404 });
      return Response.json({ store_type: this.storeType });
    }
    if (pathname.endsWith("get-history")) {
      return Response.json({ metrics: this.lines.filter(({ key }) => key === searchParams.get("metric_key")) });
    }
    if (!pathname.endsWith("log-batch")) return undefined;
    const { metrics } = JSON.parse(body) as { metrics: Point[] };
    if (metrics.length === 0) return undefined;
    this.lines.push(...metrics.slice(0, this.half));
    this.half = Number.POSITIVE_INFINITY;
    if (this.lost-- > 0) throw new TypeError("fetch failed");
    return Response.json({});
  };

  /** Steps of a key, as often as they were written. */
  steps(key: string): number[] {
    return this.lines.filter((line) => line.key === key).map(({ step }) => step);
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, step) => step);

function log({ tracker }: MockBench, count: number): void {
  const run = tracker.startRun();
  for (let step = 0; step < count; step++) run.logMetric("loss", step % 5 === 0 ? Number.NaN : step, { step });
}

describe("a server that keeps a point twice when it gets it twice", () => {
  test("F22 gets no point again that it has although its answer was lost", async () => {
    const server = new AppendingServer();
    server.lost = 2;
    const bench = await mockBench({ between: server.answer });
    log(bench, 1_500);
    expectAllDelivered(await bench.flush());
    expect(server.steps("loss").sort((a, b) => a - b)).toEqual(upTo(1_500));
    // Asked once, and only because there was a doubt.
    expect(bench.bodies("server-info")).toHaveLength(1);
  });

  test("F22 gets only what it has not when it died in the middle of a batch", async () => {
    const server = new AppendingServer();
    server.lost = 1;
    server.half = 30;
    const bench = await mockBench({ between: server.answer });
    log(bench, 100);
    expectAllDelivered(await bench.flush());
    expect(server.steps("loss").sort((a, b) => a - b)).toEqual(upTo(100));
  });

  test("F22 is looked at as well before a batch goes that an earlier process may have sent", async () => {
    const server = new AppendingServer();
    const queue = memoryQueue();
    const runtime = manualRuntime();
    const first = await mockBench({ between: server.answer, queue, manual: runtime });
    first.tracker.startRun();
    await first.flush();
    server.lost = 1_000;
    const [run] = [first.tracker.startRun()];
    await runtime.clock.until(run.runId());
    for (const step of upTo(50)) run.logMetric("loss", step, { step });
    await runtime.clock.advance(1_500);
    expect(server.steps("loss")).toEqual(upTo(50));
    server.lost = 0;
    // It is gone without a word; another one opens the same storage.
    first.tracker.queue.pause();
    const second = await mockBench({ between: server.answer, queue, manual: runtime });
    for (const minute of upTo(5)) {
      second.tracker.startRun({ name: `minute ${minute}` });
      await runtime.clock.advance(60_000);
    }
    expect(server.steps("loss")).toEqual(upTo(50));
  });

  test("F22 that cannot be asked is looked at when delivery.readBack says so", async () => {
    for (const readBack of ["always", "never"] as const) {
      const server = new AppendingServer();
      server.storeType = undefined;
      server.lost = 1;
      const bench = await mockBench({ between: server.answer, delivery: { readBack } });
      log(bench, 100);
      expectAllDelivered(await bench.flush());
      const steps = server.steps("loss").length;
      if (readBack === "always") expect(steps).toBe(100);
      else expect(steps).toBeGreaterThan(100);
      expect(bench.bodies("server-info")).toEqual([]);
    }
  });

  test("F22 a database is asked once, and gets the same again without a look", async () => {
    const bench = await mockBench();
    bench.mock.faults.add({ on: "runs/log-batch", drop: "after", times: 3 });
    log(bench, 100);
    expectAllDelivered(await bench.flush());
    expect(bench.bodies("server-info")).toHaveLength(1);
    expect(bench.bodies("get-history")).toEqual([]);
  });
});
