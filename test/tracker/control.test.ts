import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { StopRequestedError, TimeoutError, ValidationError } from "../../src/errors/index.ts";
import { createTracker } from "../../src/index.ts";
import type { RunRequest } from "../../src/tracker/types/control.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { testServer } from "../support/test-server.ts";

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function place(wrap: (fetch: Fetch) => Fetch = (fetch) => fetch) {
  const server = await testServer();
  opened.push(() => server.close());
  const open = (): Tracker => {
    const fetch = wrap(server.fetch);
    const { trackingUri } = server;
    const tracker = createTracker({ trackingUri, fetch, controlInterval: 100, user: "ann", onProblem: () => {} });
    opened.push(() => tracker.close());
    return tracker;
  };
  return { open, one: open(), other: open() };
}

/** The next request that a run gets. */
function nextRequest(listen: (listener: (request: RunRequest) => void) => () => void): Promise<RunRequest> {
  return new Promise((resolve) => {
    const forget = listen((request) => {
      forget();
      resolve(request);
    });
  });
}

describe("control().stop()", () => {
  test("aborts the signal of a run in another program, which answers and ends as KILLED", async () => {
    const { one, other } = await place();
    let id = "";
    let isCreated = (): void => {};
    const created = new Promise<void>((resolve) => {
      isCreated = resolve;
    });
    const training = one.withRun({ name: "long" }, async (run) => {
      const { signal } = run;
      id = await run.runId();
      isCreated();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      signal.throwIfAborted();
    });
    const ended = training.then(
      () => undefined,
      (error: unknown) => error,
    );
    await created;
    const answer = await other.control(id).stop({ by: "bob", reason: "overfits", wait: 20_000 });
    expect(answer).toEqual({ by: "bob", at: expect.any(Number) });
    expect(await ended).toBeInstanceOf(StopRequestedError);
    expect(await ended).toMatchObject({ by: "bob", reason: "overfits" });
    await one.flush();
    const { info, data } = await other.getRun(id);
    expect(info.status).toBe("KILLED");
    expect(JSON.parse(data.tags["mlflow.tracklet.answer.stop"] ?? "")).toMatchObject({ by: "bob", at: answer?.at });
  });

  test("stops the runs below it, also when only they look, and leaves those that it has nothing to do with", async () => {
    const { one, other } = await place();
    const alone = one.startRun({ name: "alone" });
    const outer = one.startRun({ name: "outer" });
    const id = await outer.runId();
    const sweep = outer.withChild({ name: "middle" }, (middle) =>
      middle.withChild({ name: "inner" }, async ({ signal }) => {
        await other.control(id).stop({ by: "bob" });
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        signal.throwIfAborted();
      }),
    );
    await expect(sweep).rejects.toMatchObject({ name: "StopRequestedError", by: "bob" });
    await one.flush();
    const runs = await other.searchRuns({ root: id, view: "all" });
    expect(runs.rows.map(({ name, status }) => [name, status]).sort()).toEqual([
      ["inner", "KILLED"],
      ["middle", "KILLED"],
    ]);
    expect(outer.signal.aborted).toBe(true);
    expect(alone.signal.aborted).toBe(false);
    await outer.end("KILLED");
    await alone.end();
  });

  test("stops no run below one that has only ended", async () => {
    const { one } = await place();
    const outer = one.startRun();
    const inner = outer.startChild();
    const { signal } = inner;
    await outer.end();
    expect(signal.aborted).toBe(false);
    await inner.end();
    expect(signal.aborted).toBe(true);
  });

  test("is heard when a person sets the tag by hand, and once for each text", async () => {
    const { one, other } = await place();
    const run = one.startRun();
    const requests: RunRequest[] = [];
    run.onRequest((request) => requests.push(request));
    const { signal } = run;
    const id = await run.runId();
    const { runs } = createClient(other);
    await runs.setTag(id, "mlflow.tracklet.request.stop", "please");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(signal.reason).toBeInstanceOf(StopRequestedError);
    const again = nextRequest((listener) => run.onRequest(listener));
    await runs.setTag(id, "mlflow.tracklet.request.stop", '{"by": 7, "reason": ["x"]}');
    await again;
    expect(requests).toEqual([{ kind: "stop" }, { kind: "stop" }]);
    await run.end();
  });

  test("stops no run that is resumed after it had answered, also where the request fills a tag", async () => {
    const { one, open, other } = await place();
    const run = one.startRun();
    const id = await run.runId();
    const stopped = new Promise((resolve) => run.signal.addEventListener("abort", resolve));
    await other.control(id).stop({ reason: '"'.repeat(3800), wait: 20_000 });
    await stopped;
    await run.end("KILLED", { until: "delivered" });
    const later = open();
    const again = await later.resumeRun(id);
    await later.flush();
    const { signal } = again;
    const next = nextRequest((listener) => again.onRequest(listener));
    await other.control(id).checkpoint();
    expect((await next).kind).toBe("checkpoint");
    expect(signal.aborted).toBe(false);
    await again.end();
  });

  test("is not heard again where an earlier version has answered it with its whole text", async () => {
    const { one, other } = await place();
    const run = one.startRun();
    const id = await run.runId();
    const { runs } = createClient(other);
    await runs.setTag(id, "mlflow.tracklet.request.stop", "please");
    await runs.setTag(id, "mlflow.tracklet.answer.stop", '{"at":1,"request":"please"}');
    await runs.setTag(id, "mlflow.tracklet.request.checkpoint", "x".repeat(8000));
    const { signal } = run;
    expect(await nextRequest((listener) => run.onRequest(listener))).toEqual({ kind: "checkpoint" });
    expect(signal.aborted).toBe(false);
    await run.end("FINISHED", { until: "delivered" });
    const { "mlflow.tracklet.answer.checkpoint": answer } = (await other.getRun(id)).data.tags;
    expect(JSON.parse(answer ?? "")).toEqual({
      at: expect.any(Number),
      digest: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  test("refuses a reason that no tag can take, before it asks", async () => {
    const { one, other } = await place();
    const id = await one.startRun().runId();
    const stop = other.control(id).stop({ reason: "x".repeat(8000) });
    await expect(stop).rejects.toThrow(ValidationError);
    await expect(stop).rejects.toThrow("must have at most 8000 characters as JSON");
    expect((await other.getRun(id)).data.tags).not.toHaveProperty(["mlflow.tracklet.request.stop"]);
  });

  test("refuses a run that has ended, and says so", async () => {
    const { one, other } = await place();
    const run = one.startRun();
    await run.end("FINISHED", { until: "delivered" });
    const stop = other.control(await run.runId()).stop();
    await expect(stop).rejects.toThrow(ValidationError);
    await expect(stop).rejects.toThrow("current value is FINISHED");
  });

  test("tells that nobody listens when it waits for an answer in vain", async () => {
    const { one, other } = await place();
    const id = await one.startRun().runId();
    const stop = other.control(id).stop({ wait: 50 });
    await expect(stop).rejects.toThrow(TimeoutError);
    await expect(stop).rejects.toThrow("run.signal");
  });
});

describe("control().setParam()", () => {
  test("gives the run the value, with who asked, and what nobody heard waits for a listener", async () => {
    const { one, other } = await place();
    const run = one.startRun();
    const id = await run.runId();
    await other.control(id).setParam("lr", 0.01, { reason: "too fast" });
    const request = await nextRequest((listener) => run.onRequest(listener));
    expect(request).toEqual({
      kind: "param",
      key: "lr",
      value: "0.01",
      by: "ann",
      reason: "too fast",
      at: expect.any(Number),
    });
    await run.end();
  });

  test.each([
    ["", 1],
    ["a\nb", 1],
    ["x".repeat(201), 1],
    ["lr", undefined],
    ["lr", { a: 1 }],
  ])("refuses the name %j with the value %j", async (key, value) => {
    const { one } = await place();
    const id = await one.startRun().runId();
    await expect(one.control(id).setParam(key, value as never)).rejects.toThrow(/^Cannot change /);
  });
});

describe("run.onRequest()", () => {
  test("goes on when the server fails, and when a listener throws", async () => {
    let failing = true;
    const { one, other } = await place((fetch) => async (request) => {
      if (failing && request.url.includes("runs/get")) throw new TypeError("unreachable");
      return fetch(request);
    });
    const run = one.startRun();
    run.onRequest(() => {
      throw new Error("mine");
    });
    const next = nextRequest((listener) => run.onRequest(listener));
    failing = false;
    await other.control(await run.runId()).checkpoint();
    expect((await next).kind).toBe("checkpoint");
    await run.end();
  });

  test("looks for nothing where nothing listens", async () => {
    let looks = 0;
    const { one } = await place((fetch) => (request) => {
      if (request.url.includes("runs/get")) looks++;
      return fetch(request);
    });
    const run = one.startRun();
    run.logMetric("a", 1);
    await run.end("FINISHED", { until: "delivered" });
    const before = looks;
    expect(before).toBeLessThanOrEqual(1);
  });
});
