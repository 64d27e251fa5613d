import { describe, expect, test } from "vitest";
import { mockBench } from "./mock-bench.ts";
import { expectAllDelivered, nothing } from "./workload.ts";

const now = 1_700_000_000_000;
const page = { "content-type": "text/html" };
const html = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";

describe("a server that asks for a pause", () => {
  test.each([
    ["seconds", "120", 120_000],
    ["an HTTP date", new Date(now + 120_000).toUTCString(), 120_000],
    ["more than an hour, which is taken for an hour", "99999999999", 3_600_000],
    ["a date a century away, which is taken for an hour", "Fri, 01 Jan 2100 00:00:00 GMT", 3_600_000],
  ])("F7 all runs wait at 429 with Retry-After in %s", async (_, value, wait) => {
    const { mock, tracker, runtime, reader, flush } = await mockBench();
    const runs = [tracker.startRun(), tracker.startRun()];
    await flush();
    mock.faults.add({ on: "runs/log-batch", status: 429, headers: { "retry-after": value } });
    const before = mock.requests.length;
    runs[0]!.logMetric("loss", 1);
    await runtime.clock.advance(1_500);
    runs[1]!.logMetric("loss", 1);
    const flushed = tracker.flush();
    await runtime.clock.advance(wait - 2_000);
    // Not even when somebody waits, or the network is back.
    runtime.online.set(true);
    await runtime.clock.advance(0);
    expect(mock.requests.length).toBe(before + 1);
    expect(tracker.queue.status()).toMatchObject({ host: "retrying", waiting: { points: 2 } });
    const asked = runtime.clock.monotonic();
    expectAllDelivered(await runtime.clock.until(flushed));
    expect(runtime.clock.monotonic() - asked).toBeLessThan(5_000);
    for (const run of runs) expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
  });

  test.each([
    ["nothing", {}],
    ["a negative number", { "retry-after": "-5" }],
    ["a date that is over", { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }],
    ["words", { "retry-after": "soon" }],
  ])("F7 tries again within seconds at 429 with %s", async (_, headers) => {
    const { mock, tracker, runtime, reader, flush } = await mockBench();
    const run = tracker.startRun();
    await flush();
    mock.faults.add({ on: "runs/log-batch", status: 429, headers, times: 2 });
    run.logMetric("loss", 1);
    const before = runtime.clock.monotonic();
    expectAllDelivered(await flush());
    expect(runtime.clock.monotonic() - before).toBeLessThan(10_000);
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
  });
});

describe("a server, or a proxy before it, that fails", () => {
  test.each([500, 502, 503, 504])(
    "F8 delivers everything once after HTML with %d, acted upon or not",
    async (status) => {
      for (const acted of [false, true]) {
        const { mock, tracker, flush, reader, problems } = await mockBench();
        const headers = { "content-type": "text/html" };
        for (const on of ["experiments/get-by-name", "runs/create", "runs/log-batch", "runs/update"]) {
          mock.faults.add({ on, status, body: html, headers, acted, times: 3 });
        }
        const run = tracker.startRun({ params: { lr: 0.1 } });
        for (let step = 0; step < 10; step++) run.logMetric("loss", step);
        void run.end();
        expectAllDelivered(await flush());
        const runs = (await reader.runs("faults")).filter(({ info }) => info.lifecycle_stage === "active");
        expect(runs).toMatchObject([{ info: { status: "FINISHED" }, params: { lr: "0.1" } }]);
        expect(await reader.points(await run.runId(), "loss")).toHaveLength(10);
        expect(problems.length).toBeGreaterThan(0);
        expect(problems.every(({ kind }) => kind === "server-unreachable")).toBe(true);
        expect(problems[0]?.message).toContain(String(status));
        expect(tracker.queue.status().problems).toEqual([]);
      }
    },
  );

  const strays: [on: string, statuses: readonly number[]][] = [
    ["runs/create", [409]],
    ["runs/log-batch", [409, 425, 406, 422]],
    ["runs/log-inputs", [409]],
    ["mlflow-artifacts/", [404, 405, 409]],
    ["runs/update", [409]],
  ];
  test.each(strays)(
    "F8 sets nothing aside at %s for single pages with a status that is not MLflow's",
    async (on, all) => {
      const { mock, tracker, flush, reader } = await mockBench();
      for (const status of all) {
        const body = `<html><title>${status} of a proxy</title></html>`;
        const stray = mock.faults.add({ on: ({ url }) => url.includes(on), status, body, headers: page, times: 1 });
        const run = tracker.startRun({ params: { lr: 0.1 } });
        run.logMetric("loss", 1);
        run.logInput({ name: "digits", digest: "d1" });
        await run.logText("hello", "hello.txt");
        await run.end();
        expectAllDelivered(await flush());
        expect({ on, status, struck: stray.struck }).toEqual({ on, status, struck: 1 });
        const stored = await reader.run(await run.runId());
        expect(stored).toMatchObject({ info: { status: "FINISHED" }, params: { lr: "0.1" }, inputs: ["digits d1"] });
        expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
        expect(await reader.artifact(stored, "hello.txt")).toBe("hello");
        stray.remove();
      }
    },
  );

  test("F8 pauses when an upload is answered 404 because no MLflow is there any more", async () => {
    let moved = false;
    const { tracker, flush, reader } = await mockBench({
      between: () => (moved ? new Response("<html>404</html>", { status: 404, headers: page }) : undefined),
    });
    const run = tracker.startRun();
    await flush();
    moved = true;
    await run.logText("hello", "hello.txt");
    expect(await flush()).toMatchObject({ pending: { requests: 1 }, quarantined: nothing });
    expect(tracker.queue.status().host).toBe("refused");
    moved = false;
    tracker.queue.resume();
    expectAllDelivered(await flush());
    expect(await reader.artifact(await reader.run(await run.runId()), "hello.txt")).toBe("hello");
  });

  test("F8 Run.end() rejects when the server never takes the end of the run", async () => {
    const { mock, tracker, flush, runtime, reader } = await mockBench();
    const refuses = mock.faults.add({
      on: "runs/update",
      status: 409,
      body: "<html>no</html>",
      headers: page,
      times: 9,
    });
    const run = tracker.startRun({ name: "mine" });
    run.logMetric("loss", 1);
    const ended = run.end("FINISHED", { until: "delivered" });
    await expect(runtime.clock.until(ended)).rejects.toThrow(/Cannot end the run "mine".*409.*quarantine/);
    expect((await flush()).quarantined).toEqual({ points: 0, requests: 1 });
    refuses.remove();
    // What was refused before says nothing of an end that comes through.
    await runtime.clock.until(tracker.startRun().end("FINISHED", { until: "delivered" }));
    await runtime.clock.until(tracker.queue.quarantine.retry());
    expectAllDelivered(await flush());
    expect(await reader.run(await run.runId())).toMatchObject({ info: { status: "FINISHED" } });
  });

  test("F20 takes no login page with 200 for an acknowledgement, whatever was asked", async () => {
    const { mock, tracker, runtime, flush, reader, problems } = await mockBench();
    const run = tracker.startRun({ params: { lr: 0.1 } });
    await flush();
    const pages = mock.faults.add({ on: () => true, notJson: true, times: 1_000 });
    run.logMetric("loss", 1);
    run.setTag("stage", "last");
    run.logInput({ name: "digits", digest: "d1" });
    void run.logText("hello", "hello.txt");
    tracker.startRun({ name: "other" });
    await runtime.clock.advance(60_000);
    expect(pages.struck).toBeGreaterThan(3);
    expect(tracker.queue.status()).toMatchObject({
      delivered: { points: 0 },
      waiting: { points: 1 },
      host: "retrying",
    });
    expect(problems).toMatchObject([{ kind: "server-unreachable", message: expect.stringMatching(/login page/) }]);
    pages.remove();
    expectAllDelivered(await flush());
    const runId = await run.runId();
    expect(await reader.points(runId, "loss")).toHaveLength(1);
    const stored = await reader.run(runId);
    expect(stored).toMatchObject({ tags: { stage: "last" }, inputs: ["digits d1"] });
    expect(await reader.artifact(stored, "hello.txt")).toBe("hello");
    expect(await reader.runs("faults")).toHaveLength(2);
  });

  test("F9 sets the one point aside that a server fails at for ever, by halves, and only while it takes other writes", async () => {
    const poison = "6.66";
    let full = true;
    const { tracker, flush, reader, problems, bodies, runtime } = await mockBench({
      between: ({ method, url }, body) => {
        const writes = method === "POST" && !url.endsWith("search") && !url.endsWith("create");
        const fails = (full && writes) || (url.endsWith("log-batch") && body.includes(poison));
        return fails ? new Response(html, { status: 500, headers: page }) : undefined;
      },
    });
    const run = tracker.startRun();
    for (let step = 0; step < 500; step++) run.logMetric("loss", step === 321 ? 6.66 : step);
    void run.end();
    // Its disk is full, though it reads: it is the server that fails.
    await runtime.clock.advance(3_600_000);
    expect(tracker.queue.status().quarantined).toEqual(nothing);
    full = false;
    // Nobody logs anything else.
    const report = await flush();
    expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 1, requests: 0 } });
    expect(problems.filter(({ kind }) => kind === "quarantined")).toMatchObject([
      { key: "loss", run: run.localId, message: expect.stringContaining("500") },
    ]);
    const stored = await reader.run(await run.runId());
    expect(stored.info.status).toBe("FINISHED");
    expect(Object.keys(stored.tags).filter((key) => key.includes("probe"))).toEqual([]);
    const rows = await reader.points(await run.runId(), "loss");
    expect(rows).toHaveLength(499);
    expect(rows.some((row) => row.endsWith(poison))).toBe(false);
    expect(bodies("log-batch").filter((body) => body.includes(poison)).length).toBeLessThan(100);
  });

  test("F13 finds the one point of a thousand that a stricter server refuses, in few requests", async () => {
    const { tracker, flush, reader, problems, bodies } = await mockBench({
      between: (request, body) =>
        request.url.endsWith("log-batch") && body.includes('"odd key"')
          ? Response.json({ error_code: "INVALID_PARAMETER_VALUE", message: "no spaces here" }, { status: 400 })
          : undefined,
    });
    const run = tracker.startRun({ params: { lr: 0.1 } });
    await flush();
    const before = bodies("log-batch").length;
    for (let step = 0; step < 1_000; step++) run.logMetric(step === 613 ? "odd key" : "loss", step);
    void run.end();
    const report = await flush();
    expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 1, requests: 0 } });
    expect(problems).toMatchObject([
      { kind: "quarantined", key: "odd key", message: expect.stringContaining("no spaces") },
    ]);
    const stored = await reader.run(await run.runId());
    expect(stored.info.status).toBe("FINISHED");
    expect(await reader.points(stored.info.run_id, "loss")).toHaveLength(999);
    // Ten halvings of two requests each, and those that make sure that a 400 is meant.
    expect(bodies("log-batch").length - before).toBeLessThan(30);
  });

  test("F13 refuses at the call what MLflow would refuse, and asks no server", async () => {
    const { tracker, flush, reader, problems } = await mockBench();
    const run = tracker.startRun();
    run.logMetric("good", 1);
    run.logMetric("a//b", 1);
    run.logMetric("k".repeat(251), 1);
    run.logParam("ba!d", 1);
    const report = await flush();
    expect(report).toMatchObject({ pending: nothing, delivered: { points: 1 } });
    expect(problems.map(({ kind }) => kind)).toEqual(["invalid-value", "invalid-value", "invalid-value"]);
    expect((await reader.run(await run.runId())).keys).toEqual(["good"]);
  });

  test("F14 divides a chunk that is too large until it passes, and remembers the size", async () => {
    const limit = 12_000;
    const { tracker, flush, reader, bodies } = await mockBench({
      between: (_, body) => (body.length > limit ? new Response(html, { status: 413 }) : undefined),
    });
    const run = tracker.startRun();
    for (let step = 0; step < 4_000; step++) run.logMetric("loss", step / 3);
    void run.end();
    expectAllDelivered(await flush());
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(4_000);
    expect(bodies("log-batch").filter((body) => body.length > limit).length).toBeLessThan(5);
  });
});
