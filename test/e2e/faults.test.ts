import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NetworkError } from "../../src/errors/index.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Problem } from "../../src/queue/types.ts";
import { type ManualRuntime, manualRuntime } from "../support/manual-runtime.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
  // Modules load in real time, which the clock of these tests does not know.
  await Promise.all([
    import("../../src/client/resources.ts"),
    import("../../src/queue/drain/loaded-late.ts"),
    import("../../src/tracker/artifact-log.ts"),
  ]);
});
afterAll(() => server.close());

const plain = (status: number, text: string) => async (): Promise<Response> =>
  new Response(text, { status, headers: { "content-type": "text/plain" } });
const html = (status: number) => async (): Promise<Response> =>
  new Response("<html><body><h1>Sign in</h1></body></html>", { status, headers: { "content-type": "text/html" } });

const faults: [name: string, answer: () => Promise<Response>, cure: RegExp][] = [
  ["cannot be reached", () => Promise.reject(new TypeError("fetch failed")), /is the server running/i],
  ["answers a login page with 200", html(200), /JSON|login|page/i],
  ["answers HTML with 500", html(500), /500/],
  ["answers 401", plain(401, "You are not authenticated."), /auth|credential|token/i],
  ["answers 403 for the Host", plain(403, "Invalid Host header - possible DNS rebinding attack detected"), /host/i],
  ["answers 403 for the origin", plain(403, "Cross-origin request blocked"), /origin|cors/i],
  ["answers 503", plain(503, "unavailable"), /503/],
];

interface Bench {
  tracker: ReturnType<typeof createTracker>;
  runtime: ManualRuntime;
  problems: Problem[];
  mend: () => void;
}

function broken(answer: () => Promise<Response>): Bench {
  const runtime = manualRuntime();
  const problems: Problem[] = [];
  let whole = false;
  const tracker = createTracker({
    trackingUri: "http://localhost:5000",
    experiment: "faults",
    fetch: (request) => (whole ? server.fetch(request) : answer()),
    runtime,
    onProblem: (problem) => problems.push(problem),
  });
  const mend = (): void => {
    whole = true;
  };
  return { tracker, runtime, problems, mend };
}

describe.each(faults)("a server that %s", (_, answer, cure) => {
  test("stops no training, loses nothing, is said once with the cure, and gets it all when it is well", async () => {
    const { tracker, runtime, problems, mend } = broken(answer);
    const { clock } = runtime;
    const run = tracker.startRun({ params: { lr: 0.1 } });
    for (let epoch = 0; epoch < 100; epoch++) {
      run.logMetric("loss", 1 / (epoch + 1));
      await clock.advance(100);
    }
    await clock.until(run.logText("notes", "notes.txt"));
    await clock.until(run.startChild().end());
    await clock.until(run.end());
    await clock.advance(60_000);
    expect(tracker.queue.status().waiting.points).toBe(100);
    const report = await clock.until(tracker.flush({ timeout: 2000 }));
    expect(report.pending.points).toBe(100);
    expect(report.delivered.points).toBe(0);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThan(4);
    expect(problems.map((problem) => problem.message).join("\n")).toMatch(cure);
    mend();
    tracker.queue.resume();
    const whole = await clock.until(tracker.flush());
    expect(whole.pending).toEqual({ points: 0, requests: 0 });
    expect(whole.delivered.points).toBe(100);
    const stored = await clock.until(tracker.getRun(run.localId));
    expect(stored.info.status).toBe("FINISHED");
    expect(stored.data.params).toEqual({ lr: "0.1" });
    expect(await clock.until(run.history("loss"))).toHaveLength(100);
    const table = await clock.until(
      tracker.searchRuns({ filter: `tags."mlflow.parentRunId" = '${await run.runId()}'` }),
    );
    expect(table.rows).toHaveLength(1);
    await clock.until(tracker.close());
  });

  test("makes reads reject and close() end in time, saying what is lost", async () => {
    const { tracker, runtime } = broken(answer);
    const { clock } = runtime;
    const run = tracker.startRun();
    run.logMetric("loss", 1);
    await expect(clock.until(tracker.setExperiment("x"))).rejects.toThrow("http://localhost:5000");
    await expect(clock.until(tracker.searchRuns({ freshness: 0 }))).rejects.toThrow("http://localhost:5000");
    await expect(clock.until(run.history("loss"))).rejects.toThrow(NetworkError);
    await expect(clock.until(tracker.findOrStartRun({ name: "x" }))).rejects.toThrow("http://localhost:5000");
    await expect(clock.until(run.runId({ timeout: 100 }))).rejects.toThrow();
    const before = clock.monotonic();
    const report = await clock.until(tracker.close());
    expect(clock.monotonic() - before).toBeLessThan(15_000);
    expect(report.pending.points).toBe(1);
    expect(runtime.errorText.join("")).toMatch(
      /tracklet: 1 point and \d+ requests? did not reach http:\/\/localhost:5000/,
    );
  });
});

describe("findOrStartRun()", () => {
  test("starts anyway without an answer when it is told to", async () => {
    const { tracker, runtime } = broken(() => Promise.reject(new TypeError("fetch failed")));
    const run = await runtime.clock.until(tracker.findOrStartRun({ name: "x", ifUnreachable: "start" }));
    expect(run.name).toBe("x");
    await runtime.clock.until(tracker.close({ timeout: 10 }));
  });
});
