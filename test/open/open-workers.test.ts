import { afterEach, describe, expect, test } from "vitest";
import { type OpenTrackerOptions, openTracker, resend, type Undelivered } from "../../src/open/workers.ts";
import type { Clock } from "../../src/runtime/ports/clock.ts";
import { platformClock } from "../../src/runtime/platform-clock.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { testServer } from "../support/test-server.ts";

const refuse = (): never => {
  throw new Error("nothing may happen yet");
};

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

describe("openTracker() of tracklet/workers", () => {
  test("sends nothing, starts no timer and asks for no time to live before the first run", async () => {
    const clock: Clock = { ...platformClock, after: refuse };
    const binding = { idFromName: refuse, get: refuse };
    const options = { trackingUri: "https://mlflow.example", fetch: refuse, queue: binding, runtime: { clock } };
    const tracker = openTracker(options, { waitUntil: refuse });
    expect(tracker.queue.status()).toMatchObject({ host: "unknown", waiting: { points: 0, requests: 0 } });
    expect(tracker.activeRun()).toBeUndefined();
  });

  test("takes the address, the experiment and the way to the server from env, and lets options win", async () => {
    const server = await testServer();
    const asked: string[] = [];
    const fetch = (request: Request): Promise<Response> => {
      asked.push(new URL(request.url).host);
      return server.fetch(request);
    };
    const waits: Promise<unknown>[] = [];
    const ctx = { waitUntil: (promise: Promise<unknown>) => void waits.push(promise) };
    const env = { MLFLOW: { fetch }, MLFLOW_EXPERIMENT_NAME: "from env", MLFLOW_TRACKING_TOKEN: 7 };
    const tracker = openTracker({ env }, ctx);
    expect(tracker.connection.trackingUri).toBe("http://mlflow.localhost");
    await tracker.withRun((run) => run.logMetric("loss", 1));
    await Promise.all(waits);
    const { rows } = await openTracker({ env }, ctx).searchRuns();
    expect(rows).toMatchObject([{ status: "FINISHED", "metrics.loss": 1 }]);
    expect(new Set(asked)).toEqual(new Set(["mlflow.localhost"]));
    const other = openTracker({ env, trackingUri: "https://a.example", experiment: "mine" }, ctx);
    expect(other.connection.trackingUri).toBe("https://a.example");
    const named = openTracker({ env: { MLFLOW_TRACKING_URI: "https://b.example/" } }, ctx);
    expect(named.connection.trackingUri).toBe("https://b.example");
    await tracker.close();
    server.close();
  });

  test("gives onUndelivered what close() leaves, counts it as pending, and resend() delivers it", async () => {
    const left: Uint8Array[] = [];
    const runtime = manualRuntime();
    const { clock } = runtime;
    const options: OpenTrackerOptions = {
      runtime,
      trackingUri: "http://localhost:5000",
      fetch: async () => {
        throw new TypeError("no network");
      },
      onProblem: () => {},
      delivery: { exitTimeout: 50 },
    };
    const tracker = openTracker({ ...options, onUndelivered: ({ data }) => void left.push(data) }, () => {});
    const run = tracker.startRun({ name: "late" });
    run.logMetric("loss", 1);
    const report = await clock.until(tracker.close());
    expect(report).toMatchObject({ delivered: { points: 0 }, pending: { points: 1 } });
    expect(left).toHaveLength(1);
    const server = await testServer();
    const sent = await clock.until(resend(left[0]!, { ...options, fetch: server.fetch, delivery: {} }, () => {}));
    expect(sent).toMatchObject({ delivered: { points: 1 }, pending: { points: 0, requests: 0 } });
    const wrong = { ...options, trackingUri: "http://elsewhere:5000" };
    await expect(resend(left[0]!, wrong, () => {})).rejects.toThrow(
      /Cannot resend what was for http:\/\/localhost:5000/,
    );
    await expect(resend(new Uint8Array(9), options, () => {})).rejects.toThrow(/Cannot take up undelivered data/);
    server.close();
  });

  test("tells as lost what nobody takes, with the cure and the reason", async () => {
    const problems: { kind: string; message: string }[] = [];
    const tracker = openTracker(
      {
        trackingUri: "http://localhost:5000",
        fetch: async () => new Response("no", { status: 503 }),
        delivery: { exitTimeout: 50 },
        queue: { idFromName: () => ({}), get: () => ({ fetch: async () => new Response("full", { status: 400 }) }) },
        onUndelivered: () => Promise.reject(new Error("no room in the bucket")),
        onProblem: (problem) => void problems.push(problem),
      },
      () => {},
    );
    tracker.startRun().logMetric("loss", 1);
    await tracker.close();
    const told = problems.find(({ kind }) => kind === "undelivered");
    expect(told?.message).toMatch(/^1 point and \d requests? did not reach .* are lost: .*onUndelivered\. no room/);
  });

  /** A server that lets a run be created and not be written, and a tracker of a request in front of it. */
  async function strict(
    options: Partial<OpenTrackerOptions> = {},
  ): Promise<{ tracker: Tracker; options: OpenTrackerOptions; clock: ManualClock; life: Promise<unknown>[] }> {
    const server = await testServer();
    const fetch = async (request: Request): Promise<Response> =>
      /log-batch|runs\/update/.test(request.url)
        ? Response.json({ error_code: "PERMISSION_DENIED", message: "no" }, { status: 403 })
        : server.fetch(request);
    const runtime = manualRuntime();
    const all = { trackingUri: "http://localhost:5000", fetch, runtime, onProblem: () => {}, ...options };
    const life: Promise<unknown>[] = [];
    const tracker = openTracker(all, (promise) => void life.push(promise));
    ends.push(() => server.close());
    return { tracker, options: all, clock: runtime.clock, life };
  }

  test.each([true, false])(
    "gives onUndelivered what waits for a person when the request is over (its run was ended: %s)",
    async (isEnded) => {
      const left: Undelivered[] = [];
      const { tracker, clock, life } = await strict({ onUndelivered: (rest) => void left.push(rest) });
      const run = tracker.startRun();
      run.logMetric("loss", 1);
      if (isEnded) await clock.until(run.end());
      while (life.length > 0) await clock.until(life.shift()!);
      expect(left).toMatchObject([{ points: 1 }]);
    },
  );

  test("tells what waits for a person as lost where nobody takes it", async () => {
    const kinds: string[] = [];
    const { tracker, clock, life } = await strict({ onProblem: ({ kind }) => void kinds.push(kind) });
    await clock.until(tracker.withRun((run) => run.logMetric("loss", 1)));
    while (life.length > 0) await clock.until(life.shift()!);
    expect(kinds).toEqual(["run-parked", "undelivered"]);
  });

  test("resend() counts what waits for a person as pending, so that its data are kept", async () => {
    const left: Undelivered[] = [];
    const { tracker, clock, options } = await strict({ onUndelivered: (rest) => void left.push(rest) });
    tracker.startRun().logMetric("loss", 1);
    await clock.until(tracker.close());
    const { onUndelivered, ...rest } = options;
    expect(await clock.until(resend(left[0]!, rest, () => {}))).toMatchObject({ pending: { points: 1 } });
  });

  test.each([
    ["no address", {}, () => {}, /without a server: pass trackingUri, or env with MLFLOW_TRACKING_URI/],
    ["no context", { trackingUri: "http://a.test" }, undefined, /without the context of its request/],
    ["a context without waitUntil", { trackingUri: "http://a.test" }, {}, /current value is object/],
    ["an unknown option", { trackingURI: "http://a.test" }, () => {}, /unknown option trackingURI: use trackingUri/],
    ["an env that is none", { env: "a" }, () => {}, /option env as it must be an object/],
    [
      "a queue that is none",
      { trackingUri: "http://a.test", queue: {} },
      () => {},
      /binding of a TrackletQueue, or a queue/,
    ],
    ["waitUntil in the options", { trackingUri: "http://a.test", waitUntil: 1 }, () => {}, /option waitUntil/],
  ])("refuses %s", (_, options, ctx, message) => {
    expect(() => openTracker(options as never, ctx as never)).toThrow(message);
  });
});
