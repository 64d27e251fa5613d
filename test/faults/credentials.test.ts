import { describe, expect, test } from "vitest";
import { mockBench } from "./mock-bench.ts";
import { expectAllDelivered, nothing } from "./workload.ts";

/** Lets in only who has today's token. */
function guarded(valid: () => string): (request: Request) => Response | undefined {
  return (request) =>
    request.headers.get("authorization") === `Bearer ${valid()}` ? undefined : new Response("Who?", { status: 401 });
}

describe("a server that asks for credentials", () => {
  test("F15 asks for a new token when the old one is over, and nobody notices", async () => {
    let [valid, asked] = ["first", 0];
    const { tracker, flush, reader, problems, statuses } = await mockBench({
      between: guarded(() => valid),
      auth: () => {
        asked++;
        return { authorization: `Bearer ${valid}` };
      },
    });
    const run = tracker.startRun();
    run.logMetric("loss", 1);
    expectAllDelivered(await flush());
    valid = "second";
    run.logMetric("loss", 2);
    expectAllDelivered(await flush());
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(2);
    expect(problems).toEqual([]);
    expect(statuses("log-batch")).toEqual([200, 200]);
    expect(asked).toBeGreaterThan(1);
  });

  test("F15 asks the callback again after a 401, at once and only once", async () => {
    let token = "old";
    const tokens: string[] = [];
    const { tracker, flush, reader, statuses } = await mockBench({
      between: guarded(() => "new"),
      auth: () => {
        tokens.push(token);
        // What the callback gives next is newer.
        const now = token;
        token = "new";
        return { authorization: `Bearer ${now}` };
      },
    });
    const run = tracker.startRun();
    run.logMetric("loss", 1);
    expectAllDelivered(await flush());
    expect(tokens.slice(0, 3)).toEqual(["old", "new", "new"]);
    expect(statuses("get-by-name")).toEqual([401, 404]);
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
  });

  test("F15 pauses at a token that is over for good, drops nothing, says the cure, and goes on with a new one", async () => {
    let token = "old";
    const { tracker, flush, runtime, reader, problems, bodies } = await mockBench({
      between: guarded(() => "new"),
      auth: () => ({ authorization: `Bearer ${token}` }),
    });
    const run = tracker.startRun({ params: { lr: 0.1 } });
    for (let step = 0; step < 100; step++) run.logMetric("loss", step);
    const report = await flush();
    expect(report).toMatchObject({ pending: { points: 100 }, quarantined: nothing, dropped: nothing, parked: nothing });
    expect(tracker.queue.status().host).toBe("refused");
    expect(problems).toMatchObject([
      { kind: "server-refused", message: expect.stringMatching(/auth|credential|token/) },
    ]);
    expect(problems[0]?.message).not.toContain("old");
    const asked = bodies("get-by-name").length;
    await runtime.clock.advance(20_000);
    expect(bodies("get-by-name").length).toBe(asked);
    token = "new";
    // By itself, with a probe now and then.
    await runtime.clock.advance(120_000);
    expectAllDelivered(await flush());
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(100);
    expect(tracker.queue.status()).toMatchObject({ host: "ok", problems: [] });
  });

  const brokenCallbacks: [string, () => HeadersInit][] = [
    [
      "rejects",
      () => {
        throw new Error("the token service is down");
      },
    ],
    [
      "rejects as fetch() does",
      () => {
        throw new TypeError("fetch failed");
      },
    ],
    ["gives headers that are not legal", () => ({ authorization: "Bearer a\nb" })],
  ];
  for (const [what, breaks] of brokenCallbacks) {
    for (const when of ["before the run is created", "after that"]) {
      test(`F15 pauses, and sets nothing aside, while auth ${what}, ${when}`, async () => {
        let broken = when !== "after that";
        const { tracker, flush, reader, problems } = await mockBench({ auth: () => (broken ? breaks() : {}) });
        const run = tracker.startRun();
        if (!broken) expectAllDelivered(await flush());
        broken = true;
        run.logMetric("loss", 1);
        run.logParam("lr", 0.1);
        run.setTag("stage", "late");
        await run.logText("what was found", "found.txt");
        await run.end();
        expect(await flush()).toMatchObject({ pending: { points: 1 }, parked: nothing, quarantined: nothing });
        expect(tracker.queue.status().host).toBe("refused");
        expect(problems).toMatchObject([{ kind: "server-refused", message: expect.stringContaining("auth") }]);
        broken = false;
        tracker.queue.resume();
        expectAllDelivered(await flush());
        const stored = await reader.run(await run.runId());
        expect(stored).toMatchObject({ info: { status: "FINISHED" }, params: { lr: "0.1" }, tags: { stage: "late" } });
        expect(await reader.artifact(stored, "found.txt")).toBe("what was found");
        expect(tracker.queue.status()).toMatchObject({ host: "ok", problems: [] });
      });
    }
  }

  test("F15 pauses at a 403 in plain text, and goes on at resume()", async () => {
    let refuses = true;
    const { tracker, flush, reader, problems } = await mockBench({
      between: () => (refuses ? new Response("Permission denied", { status: 403 }) : undefined),
    });
    const run = tracker.startRun();
    run.logMetric("loss", 1);
    expect((await flush()).pending).toEqual({ points: 1, requests: 1 });
    expect(tracker.queue.status().host).toBe("refused");
    expect(problems).toMatchObject([{ kind: "server-refused" }]);
    refuses = false;
    tracker.queue.resume();
    expectAllDelivered(await flush());
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
  });

  /** MLflow's basic-auth says so in plain text, and so do proxies. */
  const denied = (): Response => new Response("Permission denied", { status: 403 });

  test("F15 parks the runs of one experiment that is refused in plain text, and delivers all others", async () => {
    let refuses = true;
    const { tracker, flush, reader, problems, mock } = await mockBench({
      between: (request, body) => {
        const ofSecret = body.includes("secret") || request.url.includes("secret");
        return refuses && ofSecret && !request.url.endsWith("experiments/search") ? denied() : undefined;
      },
    });
    const [one, two] = ["one", "two"].map((name) => tracker.startRun({ name, experiment: "secret" }));
    const run = tracker.startRun();
    for (const each of [one!, two!, run]) each.logMetric("loss", 1);
    const report = await flush();
    expect(report).toMatchObject({ pending: nothing, parked: { points: 2, requests: 2 }, quarantined: nothing });
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
    expect(tracker.queue.status().host).toBe("ok");
    expect(problems.map(({ kind }) => kind)).toEqual(["run-parked", "run-parked"]);
    expect(problems[0]?.message).toContain("Permission denied");
    expect(mock.requests.filter(({ path }) => path.endsWith("experiments/search")).length).toBeLessThanOrEqual(6);
    refuses = false;
    tracker.queue.resume();
    expectAllDelivered(await flush());
    expect(await reader.points(await one!.runId(), "loss")).toHaveLength(1);
  });

  test("F15 parks no run for a single refusal in plain text before its creation", async () => {
    let left = 1;
    const { tracker, flush, problems } = await mockBench({
      between: (request) => (request.url.endsWith("runs/create") && left-- > 0 ? denied() : undefined),
    });
    tracker.startRun().logMetric("loss", 1);
    expectAllDelivered(await flush());
    expect(left).toBeLessThan(0);
    expect(problems).toEqual([]);
  });

  test("F15 parks a run that may be written no more, and delivers all others", async () => {
    let refused = "nobody";
    const { tracker, flush, reader, problems } = await mockBench({
      between: (request, body) => (body.includes(refused) || request.url.includes(refused) ? denied() : undefined),
    });
    const [shut, open] = [tracker.startRun({ name: "shut" }), tracker.startRun({ name: "open" })];
    expectAllDelivered(await flush());
    refused = await shut.runId();
    await shut.logText("hello", "notes.txt");
    for (const run of [shut, open]) run.logMetric("loss", 1);
    await shut.end();
    const report = await flush();
    expect(report).toMatchObject({ pending: nothing, parked: { points: 1, requests: 2 }, quarantined: nothing });
    expect(await reader.points(await open.runId(), "loss")).toHaveLength(1);
    expect(problems.map(({ kind }) => kind)).toEqual(["run-parked"]);
    refused = "nobody";
    tracker.queue.resume();
    expectAllDelivered(await flush());
    expect((await reader.run(await shut.runId())).info.status).toBe("FINISHED");
  });

  test("F15 sets one upload aside that is refused in plain text, and one value, while the run goes on", async () => {
    const { tracker, flush, reader, problems } = await mockBench({
      between: (request, body) =>
        (request.method === "PUT" && request.url.endsWith(".exe")) || body.includes("DROP TABLE")
          ? denied()
          : undefined,
    });
    const run = tracker.startRun();
    await run.logText("virus", "tool.exe");
    run.logParams({ query: "x'; DROP TABLE runs", lr: 0.1 });
    run.logMetric("loss", 1);
    await run.end();
    const report = await flush();
    expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 0, requests: 2 } });
    const found = await reader.run(await run.runId());
    expect(found).toMatchObject({ info: { status: "FINISHED" }, params: { lr: "0.1" } });
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
    expect(problems.map(({ kind, key }) => `${kind} ${key}`).sort()).toEqual([
      "quarantined query",
      "quarantined tool.exe",
    ]);
    expect(tracker.queue.status().host).toBe("ok");
  });
});
