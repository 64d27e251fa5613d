import { describe, expect, test } from "vitest";
import { type ManualRuntime, manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { type Harness, harness } from "./harness.ts";

// In Node only: the requests of Bun and of workerd do not tell whether they outlive their page.

/** A queue with one run that the server has, with one point, and nothing else. */
async function started(it: Harness, name = "a"): Promise<string> {
  const run = it.start(name);
  it.queue.logMetric(run, "first", 1, 1, 1);
  await it.runtime.clock.until(it.queue.flush());
  return run;
}

describe("Queue of a page that is left", () => {
  /** A page before a server that also tells which requests outlive it, and says what it is. */
  const watched = (store = "SqlAlchemyStore"): { runtime: ManualRuntime; oracle: OracleServer; sent: Request[] } => {
    const runtime = manualRuntime();
    runtime.lifecycle.leaves = true;
    const oracle = new OracleServer(runtime.clock);
    const sent: Request[] = [];
    const { fetch } = oracle;
    const watching = async (request: Request): Promise<Response> => {
      if (request.url.endsWith("server-info") && store !== "") return Response.json({ store_type: store });
      if (request.keepalive) sent.push(request.clone());
      return fetch(request);
    };
    Object.defineProperty(oracle, "fetch", { value: watching });
    return { runtime, oracle, sent };
  };

  test("F34 sends the last points of runs that the server has by requests that outlive it, and changes no state", async () => {
    const { sent, ...server } = watched();
    const it = harness({ ...server, delivery: { flushInterval: 1e6 } });
    const run = await started(it);
    const fresh = it.start("not there yet");
    for (let step = 0; step < 50; step++) {
      it.queue.logMetric(run, "m", step / 3, step, step);
      it.queue.logMetric(run, "nan", Number.NaN, step, step);
      it.queue.logMetric(fresh, "m", step, step, step);
    }
    it.runtime.lifecycle.hide("hidden");
    it.runtime.lifecycle.hide("frozen");
    expect(sent).toHaveLength(0);
    it.runtime.lifecycle.hide("left");
    await Promise.resolve();
    await it.runtime.clock.advance(0);
    expect(sent).toHaveLength(1);
    const { run_id, metrics } = (await sent[0]!.json()) as { run_id: string; metrics: { key: string }[] };
    expect(run_id).toBe(it.oracle.named("a").id);
    expect(metrics.map(({ key }) => key)).toEqual(Array(50).fill("m"));
    expect(it.oracle.named("a").points.size).toBe(51);
    // The next page sends all of it, as if nothing had been sent.
    expect((await (await it.storage.open()).status()).waiting.points).toBe(150);
    const next = harness({ storage: it.storage, oracle: it.oracle, runtime: it.runtime });
    await next.queue.recover();
    await it.runtime.clock.advance(120_000);
    expect(it.oracle.named("a").points.size).toBe(101);
    expect(it.oracle.named("not there yet").points.size).toBe(50);
  });

  test("F34 sends the latest points, at most 60,000 bytes from all queues of the page", async () => {
    const { sent, ...server } = watched();
    const it = harness({ ...server, delivery: { flushInterval: 1e6 } });
    const other = harness({ ...server, delivery: { flushInterval: 1e6 } });
    const runs = [await started(it), await started(other, "b")];
    for (let step = 0; step < 999; step++) {
      it.queue.logMetric(runs[0]!, "m", Math.sqrt(step), 1_700_000_000_000 + step, step);
      other.queue.logMetric(runs[1]!, "m", Math.sqrt(step), 1_700_000_000_000 + step, step);
    }
    it.runtime.lifecycle.hide("left");
    await it.runtime.clock.advance(0);
    const bodies = await Promise.all(sent.map((request) => request.text()));
    const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
    expect(bytes).toBeLessThanOrEqual(60_000);
    expect(bytes).toBeGreaterThan(55_000);
    const steps = bodies.flatMap((body) => (JSON.parse(body) as { metrics: { step: number }[] }).metrics);
    expect(Math.max(...steps.map(({ step }) => step))).toBe(998);
  });

  test("F34 may send as much again when the page comes back and those requests are over", async () => {
    const { sent, ...server } = watched();
    const it = harness({ ...server, delivery: { flushInterval: 1e6 } });
    const run = await started(it);
    for (let visit = 1; visit <= 3; visit++) {
      for (let step = 0; step < 900; step++) it.queue.logMetric(run, "m", Math.sqrt(step), visit, step);
      it.runtime.lifecycle.hide("left");
      await it.runtime.clock.advance(1_000);
      const bytes = (await Promise.all(sent.splice(0).map((request) => request.text()))).join("").length;
      expect(bytes).toBeGreaterThan(55_000);
      it.runtime.lifecycle.show();
      await it.runtime.clock.until(it.queue.flush());
    }
  });

  test("F34 sends nothing to a server that is not known to keep once a point that it gets twice", async () => {
    const stores = { SqlAlchemyStore: 1, FileStore: 0, "": 0 };
    for (const [store, expected] of Object.entries(stores)) {
      for (const readBack of ["always", "auto", "never"] as const) {
        const { sent, ...server } = watched(store);
        const it = harness({ ...server, delivery: { flushInterval: 1e6, readBack } });
        const run = await started(it);
        it.queue.logMetric(run, "m", 2, 2, 2);
        it.runtime.lifecycle.hide("left");
        await it.runtime.clock.advance(0);
        expect(sent).toHaveLength({ always: 0, auto: expected, never: 1 }[readBack]);
      }
    }
  });

  test("F34 sends nothing while delivery is paused or manual", async () => {
    const { sent, ...server } = watched();
    const it = harness({ ...server, delivery: { mode: "manual" } });
    const run = await started(it);
    it.queue.logMetric(run, "m", 1, 1, 1);
    it.runtime.lifecycle.hide("left");
    await it.runtime.clock.advance(0);
    expect(sent).toHaveLength(0);
  });
});
