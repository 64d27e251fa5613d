import { afterEach, describe, expect, test } from "vitest";
import { claim, committed, type HeldClaim, IncompleteAttemptError } from "../../src/claims/index.ts";
import { isNetworkError } from "../../src/errors/index.ts";
import { createTracker } from "../../src/index.ts";
import type { DeliveryOptions } from "../../src/queue/types.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { testServer } from "../support/test-server.ts";

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A held claim over a server that answers what `refuses` gives, as long as it gives something. */
async function place(
  refuses: (request: Request) => Response | undefined,
  delivery: DeliveryOptions = {},
): Promise<{ tracker: Tracker; mine: HeldClaim }> {
  const server = await testServer();
  const fetch = async (request: Request): Promise<Response> => refuses(request) ?? server.fetch(request);
  const { trackingUri } = server;
  const tracker = createTracker({ trackingUri, fetch, delivery, onProblem: () => {} });
  opened.push(
    () => server.close(),
    () => tracker.close({ timeout: 50 }),
  );
  const mine = await claim(tracker, "job");
  if (mine.state !== "held") throw new Error(`the claim is ${mine.state}`);
  opened.push(() => mine.release());
  return { tracker, mine };
}

function refusal(status: 400 | 403): Response {
  const error_code = { 400: "INVALID_PARAMETER_VALUE", 403: "PERMISSION_DENIED" }[status];
  return Response.json({ error_code, message: "no room here" }, { status });
}

async function failure(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

describe("HeldClaim.commit()", () => {
  test("does not commit while a file of a logged model is parked, and does once it is delivered", async () => {
    let refusing = true;
    const { tracker, mine } = await place((request) =>
      refusing && request.method === "PUT" && request.url.includes("/models/m-") ? refusal(403) : undefined,
    );
    const run = mine.startAttempt();
    await run.logModel({ "w.bin": "weights" }, { name: "net" });
    const error = await failure(mine.commit(run));
    expect(isNetworkError(error)).toBe(true);
    expect(error.message).toMatch(
      /^Cannot end the run "[\w-]+" on the server as \d points and requests of it wait: .*\/w\.bin .*no room here.*queue\.resume\(\)/,
    );
    expect(await committed(tracker, "job")).toBeUndefined();
    refusing = false;
    tracker.queue.resume();
    const { runId } = await mine.commit(run);
    expect(await committed(tracker, "job")).toMatchObject({ runId });
  });

  test.each(["an artifact", "a file of a logged model"])(
    "does not commit when %s is refused for good, and does once it is delivered after all",
    async (kind) => {
      let refusing = true;
      const { tracker, mine } = await place((request) =>
        refusing && request.method === "PUT" && request.url.includes("w.bin") ? refusal(400) : undefined,
      );
      const run = mine.startAttempt();
      if (kind === "an artifact") await run.logText("weights", "w.bin");
      else await run.logModel({ "w.bin": "weights" }, { name: "net" });
      const error = await failure(mine.commit(run));
      expect(error).toBeInstanceOf(IncompleteAttemptError);
      expect(error.message).toMatch(
        /^Cannot commit "job" as the artifact "w.bin" of (the logged model m-\w+ of )?its attempt was refused by the server for good: .*no room here/,
      );
      const [item] = await Array.fromAsync(tracker.queue.quarantine.list());
      expect(error.message).toContain(`tracker.queue.quarantine.retry("${item?.id}")`);
      expect(await committed(tracker, "job")).toBeUndefined();
      expect(mine.signal.aborted).toBe(false);
      refusing = false;
      expect(await tracker.queue.quarantine.retry()).toBe(1);
      expect((await mine.commit(run)).runId).toBe(await run.runId());
    },
  );

  test("does not commit when points were dropped by a full queue, unless it may be incomplete", async () => {
    const { tracker, mine } = await place(() => undefined, {
      mode: "manual",
      maxMemoryBytes: 4000,
      maxStoredBytes: 4000,
    });
    const run = mine.startAttempt();
    for (let step = 0; step < 3000; step++) run.logMetric("loss", step / 7, { step });
    const error = await failure(mine.commit(run));
    expect(error).toBeInstanceOf(IncompleteAttemptError);
    expect(error.message).toMatch(
      /^Cannot commit "job" as the metric "loss" of its attempt has lost \d+ of 3000 that were logged/,
    );
    expect(await committed(tracker, "job")).toBeUndefined();
    const { runId } = await mine.commit(run, { incomplete: true });
    expect(await committed(tracker, "job")).toMatchObject({ runId });
  });

  test("does not commit while the end of the run is not delivered", async () => {
    let refusing = true;
    const { tracker, mine } = await place((request) =>
      refusing && request.url.includes("runs/update") ? refusal(403) : undefined,
    );
    const run = mine.startAttempt();
    run.logMetric("loss", 1);
    const error = await failure(mine.commit(run));
    expect(isNetworkError(error)).toBe(true);
    expect(await committed(tracker, "job")).toBeUndefined();
    refusing = false;
    tracker.queue.resume();
    await mine.commit(run);
    expect((await tracker.getRun(await run.runId())).info.status).toBe("FINISHED");
  });

  test("commits when a value was refused at the call, which was never a part of it", async () => {
    const { mine } = await place(() => undefined);
    const run = mine.startAttempt();
    run.logMetric("loss", "oops" as never);
    run.logMetric("loss", 1);
    const line = (await run.receipt()).lines.find(({ kind }) => kind === "metric");
    expect(line).toMatchObject({ quarantined: 1, atCall: 1 });
    expect((await mine.commit(run)).state).toBe("committed");
  });
});
