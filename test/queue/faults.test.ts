import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { OracleCall, OracleFault } from "../support/oracle-server.ts";
import { apart, type Harness, harness, row } from "./harness.ts";

/** The fault for the first `times` requests that match. */
function first(times: number, path: string, fault: OracleFault): (call: OracleCall) => OracleFault | undefined {
  let left = times;
  return (call) => (call.path.endsWith(path) && left-- > 0 ? fault : undefined);
}

function logThree({ queue }: Harness, run: string): string[] {
  for (let step = 0; step < 3; step++) queue.logMetric(run, "loss", step + 0.5, 100 + step, step);
  return [0, 1, 2].map((step) => row("loss", step, 100 + step, step + 0.5));
}

const nothing = { points: 0, requests: 0 };

describe("Queue against faults", () => {
  const lost: [string, OracleFault][] = [
    ["the request is lost", "drop-before"],
    ["the answer is lost", "drop-after"],
    ["the server gets it twice", "twice"],
    ["the server answers 500", { status: 500 }],
    ["the server answers 500 although it acted", { status: 500, act: true }],
    ["a gateway answers 502", { status: 502 }],
    ["the server answers 503", { status: 503, errorCode: "TEMPORARILY_UNAVAILABLE" }],
    ["a login page answers 200", "html"],
    ["the server answers 400 once", { status: 400, errorCode: "BAD_REQUEST" }],
    ["the server answers 429", { status: 429 }],
  ];

  test.each(lost)("delivers every point once when %s", async (_, fault) => {
    const it = harness();
    it.oracle.fault = first(2, "log-batch", fault);
    const run = it.start("a");
    const points = logThree(it, run);
    it.queue.logParam(run, "lr", "0.1");
    it.queue.setTag(run, "tag", "x");
    it.queue.updateRun(run, { status: "FINISHED", endTime: 5 });
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: nothing, dropped: nothing });
    expect(report.delivered).toEqual({ points: 3, requests: 4 });
    const found = it.oracle.named("a");
    expect([...found.points].sort()).toEqual(points);
    expect(found.params.get("lr")).toBe("0.1");
    expect(found.tags.get("tag")).toBe("x");
    expect(found.status).toBe("FINISHED");
    // The end of the run is written last; on a slow machine a look may follow it.
    expect(it.oracle.trace().findLast((endpoint) => endpoint !== "runs/search")).toBe("runs/update");
  });

  test.each(lost)("creates one run when, at its creation, %s", async (_, fault) => {
    const it = harness();
    if (fault === "twice") return; // Two deliveries of one request are told apart below.
    it.oracle.fault = first(1, "runs/create", fault);
    const run = it.start("a");
    const points = logThree(it, run);
    it.queue.updateRun(run, { status: "FINISHED" });
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report.pending).toEqual(nothing);
    expect([...it.oracle.named("a").points].sort()).toEqual(points);
  });

  test("looks for the run by its tag, also among deleted ones, before it creates again", async () => {
    const it = harness();
    it.oracle.fault = first(1, "runs/create", "drop-after");
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.runId(run));
    const search = it.oracle.calls.find(({ path }) => path.endsWith("runs/search"));
    expect(search?.body).toMatchObject({ run_view_type: "ALL", filter: `tags.\`mlflow.tracklet.runId\` = '${run}'` });
    expect(it.oracle.calls.filter(({ path }) => path.endsWith("runs/create"))).toHaveLength(1);
  });

  test("looks a second time after a delay before it believes that a run was not created", async () => {
    const it = harness();
    it.oracle.fault = (call) => (call.number === 3 ? { late: 3_000 } : undefined);
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.runId(run));
    expect(it.oracle.runs.size).toBe(1);
    expect(it.oracle.trace().filter((name) => name === "runs/search")).toHaveLength(2);
  });

  test("deletes the empty twin of a run whose creation came late, at the end", async () => {
    const it = harness();
    it.oracle.fault = (call) => (call.number === 3 ? { late: 20_000 } : undefined);
    const run = it.start("a");
    const points = logThree(it, run);
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.advance(30_000);
    expect(it.oracle.runs.size).toBe(2);
    it.queue.updateRun(run, { status: "FINISHED" });
    await it.runtime.clock.until(it.queue.flush());
    const [active, ...others] = [...it.oracle.runs.values()].filter((found) => !found.deleted);
    expect(others).toEqual([]);
    expect([...(active?.points ?? [])].sort()).toEqual(points);
    expect(active?.id).toBe(it.queue.knownRunId(run));
  });

  test("writes a tag again that a late request overwrote", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = first(1, "log-batch", { late: 20_000 });
    it.queue.setTag(run, "stage", "old");
    await it.runtime.clock.until(it.queue.flush());
    it.queue.setTag(run, "stage", "new");
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.advance(30_000);
    expect(it.oracle.named("a").tags.get("stage")).toBe("old");
    it.queue.updateRun(run, { status: "FINISHED" });
    await it.runtime.clock.until(it.queue.flush());
    expect(it.oracle.named("a").tags.get("stage")).toBe("new");
  });

  test.each([
    ["seconds", "120"],
    ["a date", new Date(1_700_000_000_000 + 120_000).toUTCString()],
  ])("waits as long as Retry-After says in %s", async (_, value) => {
    const it = harness();
    it.oracle.fault = first(1, "log-batch", { status: 429, headers: { "retry-after": value } });
    const run = it.start("a");
    logThree(it, run);
    const flushed = it.queue.flush();
    await it.runtime.clock.advance(110_000);
    expect(it.queue.status()).toMatchObject({ host: "retrying", waiting: { points: 3, requests: 0 } });
    expect(it.oracle.trace().filter((name) => name.startsWith("runs/log-batch"))).toEqual([]);
    const report = await it.runtime.clock.until(flushed);
    expect(report.pending).toEqual(nothing);
    expect(it.runtime.clock.monotonic()).toBeLessThan(125_000);
  });

  test("pauses the host at 401, drops nothing, and goes on at resume()", async () => {
    const it = harness();
    it.oracle.fault = () => ({ status: 401 });
    const run = it.start("a");
    const points = logThree(it, run);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report.pending).toEqual({ points: 3, requests: 1 });
    expect(it.queue.status().host).toBe("refused");
    expect(it.problems).toMatchObject([{ kind: "server-refused", message: expect.stringContaining("auth") }]);
    it.oracle.fault = () => undefined;
    it.queue.resume();
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing, problems: [] });
    expect([...it.oracle.named("a").points].sort()).toEqual(points);
    expect(it.queue.status().host).toBe("ok");
  });

  test("goes on by itself when a refused credential is accepted again", async () => {
    const it = harness();
    it.oracle.fault = first(2, "get-by-name", { status: 401 });
    const run = it.start("a");
    logThree(it, run);
    await it.runtime.clock.until(it.queue.runId(run));
    expect(it.runtime.clock.monotonic()).toBeGreaterThan(30_000);
  });

  test("takes no 200 with a page for an acknowledgement of an artifact", async () => {
    const it = harness();
    const run = it.start("a");
    it.oracle.fault = ({ method }) => (method === "PUT" && it.oracle.calls.length < 12 ? "html" : undefined);
    void it.queue.logArtifact(run, "model/weights.bin", new Blob(["12345"]));
    const flushed = it.queue.flush({ timeout: 2_000 });
    expect((await it.runtime.clock.until(flushed)).pending.requests).toBe(1);
    it.oracle.fault = () => undefined;
    expect((await it.runtime.clock.until(it.queue.flush())).pending).toEqual(nothing);
    expect(it.oracle.named("a").artifacts.get("model/weights.bin")?.length).toBe(5);
  });

  test("uploads an artifact again that a proxy has swallowed with an empty 200", async () => {
    const it = harness();
    const run = it.start("a");
    it.oracle.fault = first(1, "weights.bin", { status: 200, text: "" });
    void it.queue.logArtifact(run, "weights.bin", new Blob(["12345"]));
    expect((await it.runtime.clock.until(it.queue.flush())).pending).toEqual(nothing);
    expect(it.oracle.named("a").artifacts.get("weights.bin")?.length).toBe(5);
  });

  test("waits as long as a 500 asks for, with that run only", async () => {
    const it = harness();
    const [a, b] = [it.start("a"), it.start("b")];
    await it.runtime.clock.until(it.queue.flush());
    const id = it.oracle.named("a").id;
    const once = first(1, "log-batch", { status: 500, headers: { "retry-after": "60" } });
    it.oracle.fault = (call) => (call.body.run_id === id ? once(call) : undefined);
    logThree(it, a);
    logThree(it, b);
    await it.runtime.clock.advance(55_000);
    expect([it.oracle.named("a").points.size, it.oracle.named("b").points.size]).toEqual([0, 3]);
    await it.runtime.clock.advance(10_000);
    expect(it.oracle.named("a").points.size).toBe(3);
  });

  test("divides a chunk that is too large, and later ones before they are sent", async () => {
    const it = harness();
    it.oracle.bodyLimit = 20_000;
    const run = it.start("a");
    for (let step = 0; step < 3_000; step++) it.queue.logMetric(run, "loss", step + 0.5, 100, step);
    it.queue.updateRun(run, { status: "FINISHED" });
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ delivered: { points: 3_000, requests: 2 }, pending: nothing, quarantined: nothing });
    expect(it.oracle.named("a").points.size).toBe(3_000);
    expect(it.oracle.trace().at(-1)).toBe("runs/update");
    // Bodies of 74 bytes a point: 1,000 and 500 points are refused once, never again.
    expect(it.oracle.calls.filter(({ body }) => (body.metrics as unknown[])?.length > 300)).toHaveLength(2);
  });

  test("sets aside only the param that the server refuses", async () => {
    const it = harness();
    const run = it.start("a");
    for (let n = 0; n < 100; n++) it.queue.logParam(run, `p${n}`, "1");
    await it.runtime.clock.until(it.queue.flush());
    for (let n = 0; n < 100; n++) it.queue.logParam(run, n < 50 ? `p${n}` : `q${n}`, n === 33 ? "2" : "1");
    const points = logThree(it, run);
    it.queue.updateRun(run, { status: "FINISHED" });
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, quarantined: { points: 0, requests: 1 } });
    expect(report.delivered).toEqual({ points: 3, requests: 201 });
    const found = it.oracle.named("a");
    expect(found.params.size).toBe(150);
    expect(found.params.get("p33")).toBe("1");
    expect([...found.points].sort()).toEqual(points);
    expect(found.status).toBe("FINISHED");
    expect(it.problems).toMatchObject([
      {
        kind: "quarantined",
        key: "p33",
        run,
        message: expect.stringMatching(
          /Changing param values is not allowed.* Nothing else waits for it: queue\.quarantine lists, retries or discards it$/s,
        ),
      },
    ]);
    expect(await (await it.storage.open()).quarantined(0, 10)).toMatchObject([{ kind: "params", count: 1 }]);
    const line = (await it.queue.receipt(run)).lines.find(({ key }) => key === "p33");
    expect(line).toMatchObject({ logged: 2, acknowledged: 1, quarantined: 1 });
  });

  test("sets aside the second value of a param, and only that, when both are logged at once", async () => {
    const it = harness();
    const run = it.start("a");
    it.queue.logParam(run, "a", "1");
    it.queue.logParam(run, "b", "1");
    it.queue.logParam(run, "a", "2");
    it.queue.logParam(run, "c", "1");
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report.quarantined).toEqual({ points: 0, requests: 1 });
    expect(Object.fromEntries(it.oracle.named("a").params)).toEqual({ a: "1", b: "1", c: "1" });
  });

  test("sets aside the one metric whose key the server refuses, in a chunk of a thousand", async () => {
    const it = harness();
    const run = it.start("a");
    for (let step = 0; step < 1_000; step++) it.queue.logMetric(run, step === 700 ? "bad!" : "loss", step, 100, step);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ delivered: { points: 999 }, quarantined: { points: 1 }, pending: nothing });
    expect(it.problems).toMatchObject([{ kind: "quarantined", key: "bad!" }]);
  });

  test("creates a run without its tags when one of them is refused, and sets only that aside", async () => {
    const it = harness();
    const run = it.start("a", { tags: { good: "1", "bad!": "2" } });
    logThree(it, run);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ delivered: { points: 3 }, pending: nothing });
    expect(it.oracle.named("a").tags.get("good")).toBe("1");
    expect(it.problems).toMatchObject([{ kind: "quarantined", key: "bad!" }]);
  });

  test("delivers NaN once to a server that refuses a repeated NaN", async () => {
    const it = harness();
    it.oracle.acts = "2.22";
    const run = it.start("a");
    for (let step = 0; step < 4; step++) it.queue.logMetric(run, "loss", step % 2 ? Number.NaN : step, 100, step);
    let left = 1;
    it.oracle.fault = ({ body }) => (JSON.stringify(body).includes("NaN") && left-- > 0 ? "drop-after" : undefined);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ delivered: { points: 4 }, pending: nothing, quarantined: nothing });
    expect(it.oracle.named("a").points.size).toBe(4);
  });

  test("takes one chunk that always fails for the cause when others succeed, and delivers the rest", async () => {
    const it = harness();
    it.oracle.fault = ({ body }) => {
      const points = (body.metrics ?? []) as { step: number }[];
      return points.some(({ step }) => step === 41) ? { status: 500 } : undefined;
    };
    const run = it.start("a");
    for (let step = 0; step < 100; step++) it.queue.logMetric(run, "loss", 1, 100, step);
    it.queue.logMetric(run, "nan", Number.NaN, 100, 1);
    it.queue.updateRun(run, { status: "FINISHED" });
    const report = await it.runtime.clock.until(it.queue.flush(), 1e9);
    expect(report).toMatchObject({ delivered: { points: 100 }, quarantined: { points: 1 }, pending: nothing });
    expect(it.oracle.named("a").status).toBe("FINISHED");
  });

  test("counts a chunk whose stored bytes are damaged as quarantined and goes on", async () => {
    const it = harness({ delivery: { mode: "manual" } });
    const run = it.start("a");
    logThree(it, run);
    await it.runtime.clock.until(it.queue.flush({ until: "durable" }));
    const store = await it.storage.open();
    const metrics = (await store.heads(0, 10)).find(({ kind }) => kind === "metrics");
    const chunk = await store.seal(metrics?.order ?? 0, await store.beginTerm());
    chunk!.body[12]! ^= 1;
    it.queue.setTag(run, "after", "1");
    // The term begun above is over with the engine's own.
    const again = harness({ storage: apart(it.storage), oracle: it.oracle, runtime: it.runtime });
    again.queue.setTag(run, "other", "1");
    void it.queue.close();
    const report = await it.runtime.clock.until(again.queue.flush());
    expect(report.quarantined).toEqual({ points: 3, requests: 0 });
    expect(again.problems).toMatchObject([{ kind: "quarantined", message: expect.stringContaining("checksum") }]);
    expect(it.oracle.named("a").tags.get("other")).toBe("1");
  });
});

describe("Queue against a server that parks a run", () => {
  test("parks a deleted run, delivers others, and goes on after resume()", async () => {
    const it = harness();
    const [a, b] = [it.start("a"), it.start("b")];
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.named("a").deleted = true;
    const points = logThree(it, a);
    logThree(it, b);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, parked: { points: 3, requests: 0 }, quarantined: nothing });
    expect(it.oracle.named("b").points.size).toBe(3);
    expect(it.problems).toMatchObject([{ kind: "run-parked", run: a, message: expect.stringContaining("deleted") }]);
    it.oracle.named("a").deleted = false;
    it.queue.resume();
    expect((await it.runtime.clock.until(it.queue.flush())).parked).toEqual(nothing);
    expect([...it.oracle.named("a").points].sort()).toEqual(points);
  });

  test("tells what an earlier process logged of a run that is parked now, and what a later one adds", async () => {
    for (const mode of ["auto", "manual"] as const) {
      const it = harness({ storage: { ...memoryQueue(), durable: true } });
      const run = it.start("a");
      await it.runtime.clock.until(it.queue.flush());
      it.oracle.named("a").deleted = true;
      it.queue.pause();
      logThree(it, run);
      await it.runtime.clock.until(it.queue.close());
      const next = harness({ ...it, seed: 2, delivery: { mode } });
      await next.queue.recover();
      const { parked, pending } = await it.runtime.clock.until(next.queue.flush());
      expect({ parked, pending }).toMatchObject({ parked: { points: 3 }, pending: nothing });
      expect(next.queue.status()).toMatchObject({ parked, waiting: nothing });
      next.queue.logMetric(run, "m", 9, 9, 9);
      const report = await it.runtime.clock.until(next.queue.flush());
      expect(report).toMatchObject({ parked: { ...parked, points: 4 }, pending: nothing });
      it.oracle.named("a").deleted = false;
      next.queue.resume();
      await it.runtime.clock.until(next.queue.flush());
      expect(await it.runtime.clock.until(next.queue.flush())).toMatchObject({ parked: nothing, pending: nothing });
      expect(it.oracle.named("a").points.size).toBe(4);
      await it.runtime.clock.until(next.queue.close());
    }
  });

  test("parks a run that the server lost", async () => {
    const it = harness();
    const run = it.start("a");
    const id = await it.runtime.clock.until(it.queue.runId(run));
    it.oracle.runs.delete(id);
    logThree(it, run);
    expect((await it.runtime.clock.until(it.queue.flush())).parked).toEqual({ points: 3, requests: 0 });
    expect(it.problems[0]?.message).toContain("the server has no run");
  });

  test("parks a run whose experiment is deleted", async () => {
    const it = harness();
    it.oracle.experiments.set("1", { id: "1", name: "Default", deleted: true });
    const run = it.start("a");
    logThree(it, run);
    expect((await it.runtime.clock.until(it.queue.flush())).parked).toEqual({ points: 3, requests: 1 });
    await expect(it.runtime.clock.until(it.queue.runId(run))).rejects.toThrow('experiment "Default" is deleted');
  });

  test("parks a run that the credentials may not write", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = first(99, "log-batch", { status: 403, errorCode: "PERMISSION_DENIED" });
    logThree(it, run);
    expect((await it.runtime.clock.until(it.queue.flush())).parked.points).toBe(3);
  });

  test("says that there is no MLflow at an address that answers 404 without its JSON", async () => {
    const it = harness();
    it.oracle.fault = () => ({ status: 404 });
    const run = it.start("a");
    logThree(it, run);
    expect((await it.runtime.clock.until(it.queue.flush())).pending).toEqual({ points: 3, requests: 1 });
    expect(it.problems).toMatchObject([{ kind: "server-refused", message: expect.stringContaining("trackingUri") }]);
  });
});
