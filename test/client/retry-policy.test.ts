import { describe, expect, test } from "vitest";
import { ExperimentsResource } from "../../src/client/experiments.ts";
import { parseRetryAfter } from "../../src/client/retry-policy.ts";
import { RunsResource } from "../../src/client/runs.ts";
import { NetworkError, RateLimitError, ServerError } from "../../src/errors/index.ts";
import { type ManualClock, settle } from "../support/manual-clock.ts";
import { asked, fakeServer, json, page, type Reply, refusal, refused, rejection } from "./support/fake-server.ts";
import { htmlError, loginPage, recordedRun, runId } from "./support/recorded.ts";

const busy = (): Response => refusal(503, "TEMPORARILY_UNAVAILABLE", "locked");

/** Waits until a try has failed and the next one is only a matter of time: the try's own time-out has gone by then. */
async function waiting(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await settle(1);
  expect(clock.pending).toBe(1);
}

describe("RetryPolicy", () => {
  test.each<[string, () => Reply]>([
    ["408", () => page("", 408)],
    ["429", () => page("", 429)],
    ["500 HTML", () => page(htmlError, 500)],
    ["502", () => page("", 502)],
    ["503", busy],
    ["504", () => page("", 504)],
    ["no answer", refused],
    ["a login page", () => page(loginPage)],
  ])("sends an idempotent POST again after %s", async (_name, failure) => {
    const { transport, seen, clock } = fakeServer([failure(), failure(), json("{}")]);
    await clock.until(new RunsResource(transport).logBatch({ runId, tags: [{ key: "a", value: "b" }] }));
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map(({ text }) => text)).size).toBe(1);
  });

  test.each<[string, () => Reply]>([
    ["500", () => page(htmlError, 500)],
    ["503", busy],
    ["no answer", refused],
    ["a login page", () => page(loginPage)],
  ])("never sends a create again after %s", async (_name, failure) => {
    const { transport, seen } = fakeServer([failure(), failure()]);
    await rejection(new RunsResource(transport).create({ experimentId: "1" }));
    await rejection(new ExperimentsResource(transport).create({ name: "x" }));
    expect(seen).toHaveLength(2);
  });

  test("sends a create again after 429, which is said before anything is done", async () => {
    const { transport, seen, clock } = fakeServer([page("", 429), json(recordedRun)]);
    await clock.until(new RunsResource(transport).create({ experimentId: "1" }));
    expect(seen).toHaveLength(2);
  });

  test.each([
    ["400", refusal(400, "BAD_REQUEST", "no")],
    ["404", refusal(404, "RESOURCE_DOES_NOT_EXIST", "no")],
    ["500 INVALID_STATE", refusal(500, "INVALID_STATE", "no")],
    ["500 FEATURE_DISABLED", refusal(500, "FEATURE_DISABLED", "no")],
    ["501", refusal(501, "NOT_IMPLEMENTED", "no")],
    ["413", page("", 413)],
  ])("does not repeat what stays refused: %s", async (_name, reply) => {
    const { transport, seen } = fakeServer([reply]);
    await rejection(new RunsResource(transport).get(runId));
    expect(seen).toHaveLength(1);
  });

  test("gives the last error after the limit", async () => {
    const { transport, seen, clock } = fakeServer([busy(), busy(), busy()], { retry: { limit: 2 } });
    expect(await clock.until(rejection(new RunsResource(transport).get(runId)))).toBeInstanceOf(ServerError);
    expect(seen).toHaveLength(3);
  });

  test("is switched off per call", async () => {
    const { transport, seen } = fakeServer([refused()]);
    expect(await rejection(new RunsResource(transport).get(runId, { retry: false }))).toBeInstanceOf(NetworkError);
    expect(seen).toHaveLength(1);
  });

  test("waits with full jitter below a doubling bound and the cap", async () => {
    const fractions = [0.5, 0.5, 0.5, 1];
    const random = { fraction: () => fractions.shift() ?? 0, bytes: () => new Uint8Array() };
    const replies = [busy(), busy(), busy(), busy(), json(recordedRun)];
    const { transport, seen, clock } = fakeServer(replies, { retry: { limit: 4, base: 100, cap: 300 } }, { random });
    const done = new RunsResource(transport).get(runId);
    // Half of 100, of 200 and of 300 (400 is over the cap), then all of 300.
    for (const [tries, wait] of [
      [1, 50],
      [2, 100],
      [3, 150],
      [4, 300],
    ] as const) {
      await asked({ seen }, tries);
      await waiting(clock);
      await clock.advance(wait - 1);
      expect(seen).toHaveLength(tries);
      await clock.advance(1);
      await asked({ seen }, tries + 1);
    }
    await done;
  });

  test("obeys Retry-After, clamped to the cap", async () => {
    const late = (after: string): Response => refusal(429, "REQUEST_LIMIT_EXCEEDED", "slow", { "retry-after": after });
    const { transport, seen, clock } = fakeServer([late("2"), late("86400"), json(recordedRun)]);
    const done = new RunsResource(transport).get(runId);
    for (const [tries, wait] of [
      [1, 2000],
      [2, 30_000],
    ] as const) {
      await asked({ seen }, tries);
      await waiting(clock);
      await clock.advance(wait - 1);
      expect(seen).toHaveLength(tries);
      await clock.advance(1);
      await asked({ seen }, tries + 1);
    }
    await done;
  });

  test("takes its own pause where Retry-After asks for none", async () => {
    const now = refusal(429, "REQUEST_LIMIT_EXCEEDED", "slow", { "retry-after": "0" });
    const random = { fraction: () => 1, bytes: () => new Uint8Array() };
    const { transport, seen, clock } = fakeServer([now, json(recordedRun)], {}, { random });
    const done = new RunsResource(transport).get(runId);
    await asked({ seen }, 1);
    await waiting(clock);
    await clock.advance(499);
    expect(seen).toHaveLength(1);
    await clock.advance(1);
    await done;
    expect(seen).toHaveLength(2);
  });

  test("tells how long a server asked to wait", async () => {
    const { transport } = fakeServer([page("", 429, "text/plain"), refusal(429, "X", "slow", { "retry-after": "7" })]);
    const runs = new RunsResource(transport);
    expect(((await rejection(runs.get(runId, { retry: false }))) as RateLimitError).retryAfter).toBeUndefined();
    const error = (await rejection(runs.get(runId, { retry: false }))) as RateLimitError;
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.retryAfter).toBe(7000);
  });
});

describe("parseRetryAfter()", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  test.each([
    [null, undefined],
    ["0", 0],
    ["1.5", 1500],
    [" 120 ", 120_000],
    ["Thu, 01 Jan 2026 00:00:10 GMT", 10_000],
    ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
    ["soon", undefined],
    ["-5 apples", undefined],
    ["-1", undefined],
    ["", undefined],
  ])("reads %j as %j", (header, wait) => {
    expect(parseRetryAfter(header, now)).toBe(wait);
  });
});
