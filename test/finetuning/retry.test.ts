import { describe, expect, test } from "vitest";
import { NetworkError, RateLimitError, ServerError, TimeoutError } from "../../src/errors/index.ts";
import { retryRules, waitBefore } from "../../src/finetuning/retry-table.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { hastyClock } from "../support/hasty-clock.ts";
import { place, train } from "./place.ts";

const request = { method: "POST", url: "http://x" };
const facts = { status: 503, errorCode: undefined, serverMessage: "", request };

/** Fails what `when` says, before or after it was carried out, `times` times. */
function failing(
  fetch: Fetch,
  when: (request: Request) => boolean,
  how: "before" | "after" | Response,
  times = 1,
): Fetch & { seen: () => number } {
  let left = times;
  let seen = 0;
  const wrapped = async (request: Request): Promise<Response> => {
    if (!when(request)) return fetch(request);
    seen++;
    if (left-- <= 0) return fetch(request);
    if (how === "after") await fetch(request);
    if (how instanceof Response) return how.clone();
    throw new TypeError("fetch failed");
  };
  return Object.assign(wrapped, { seen: () => seen });
}

describe("the retry table", () => {
  test("waits exponentially up to its cap, with as much chance as told", () => {
    const rule = retryRules({ default: { attempts: 6, base: 100, cap: 1000, jitter: 0.5 } })("read");
    const error = new NetworkError("x", request);
    const waits = [1, 2, 3, 4, 5, 6].map((tried) => waitBefore(rule, error, tried, () => 1));
    expect(waits).toEqual([50, 100, 200, 400, 500, undefined]);
    expect(waitBefore(rule, error, 3, () => 0)).toBe(400);
  });

  test("does what Retry-After asks for, up to the cap", () => {
    const rule = retryRules({ upload: { cap: 5000 } })("upload");
    expect(waitBefore(rule, new RateLimitError("x", { ...facts, status: 429, retryAfter: 3000 }), 1, () => 1)).toBe(
      3000,
    );
    expect(waitBefore(rule, new ServerError("x", { ...facts, retryAfter: 60_000 }), 1, () => 1)).toBe(5000);
  });

  test("retries no answer and 5xx, not 4xx and not what MLflow calls final, unless told otherwise", () => {
    const rules = retryRules({ deleteModel: { retries: (error) => error instanceof TimeoutError } });
    const worth = (error: unknown, operation: "read" | "deleteModel" = "read") =>
      waitBefore(rules(operation), error, 1, () => 0) !== undefined;
    const errors = [new NetworkError("x", request), new TimeoutError("x", request), new ServerError("x", facts)];
    expect(errors.map((error) => worth(error))).toEqual([true, true, true]);
    expect(errors.map((error) => worth(error, "deleteModel"))).toEqual([false, true, false]);
    for (const status of [400, 401, 403, 404, 413])
      expect(worth(new ServerError("x", { ...facts, status }))).toBe(false);
    expect(worth(new ServerError("x", { ...facts, status: 500, errorCode: "INVALID_STATE" }))).toBe(false);
    expect(worth(new TypeError("a bug"))).toBe(false);
  });
});

describe("createExperimentsManager() on a bad line", () => {
  test("looks before it creates again, so that a lost answer makes no second run or experiment", async () => {
    for (const how of ["before", "after"] as const) {
      await using at = await place();
      const fetch = failing(at.fetch, ({ url }) => /\/(experiments|runs)\/create$/.test(url), how, 2);
      const manager = at.manager({}, fetch);
      const initial = await manager.uploadInitialModel({ weights: [0] });
      await manager.setIteration({ runId: initial, batchId: "b" });
      await train(manager, { lr: 1 }, 1);
      const experiments = await manager.getExperiments();
      expect(experiments).toHaveLength(2);
      const runs = await at.client.runs
        .search({ experimentIds: experiments.map(({ experimentId }) => experimentId), view: "all" })
        .all();
      expect(runs).toHaveLength(2);
    }
  });

  test("gives up as its table says, and not before", async () => {
    await using at = await place();
    const down = failing(at.fetch, ({ method }) => method === "PUT", new Response("", { status: 503 }), 3);
    const manager = at.manager({ retry: { default: { base: 0 }, upload: { attempts: 2 } } }, down);
    await expect(manager.uploadInitialModel({ weights: [0] })).rejects.toThrow(ServerError);
    expect(down.seen()).toBe(2);
    expect(await manager.hasInitialModel()).toBe(false);
    // What is missing is done by the same call.
    await manager.uploadInitialModel({ weights: [1] });
    expect(await manager.downloadInitialModel()).toEqual({ weights: [1] });
  });

  test("ends waiting when it is cancelled", async () => {
    await using at = await place();
    const abort = new AbortController();
    const fetch: Fetch = () => {
      queueMicrotask(() => abort.abort(new Error("enough")));
      return Promise.reject(new TypeError("fetch failed"));
    };
    const manager = at.manager({ retry: { default: { base: 1e6, cap: 1e6, jitter: 0 } } }, fetch);
    await expect(manager.getExperiments({ signal: abort.signal })).rejects.toThrow("enough");
    await expect(manager.getExperiments({ signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
  });

  test("waits as long as the server asks for", async () => {
    await using at = await place();
    const times: number[] = [];
    const clock = hastyClock(50);
    const busy = new Response("", { status: 429, headers: { "retry-after": "7" } });
    const fetch = failing(at.fetch, () => times.push(clock.monotonic()) > 0, busy);
    expect(await at.manager({ retry: { default: { base: 0 } } }, fetch).getExperiments()).toEqual([]);
    expect(times).toHaveLength(2);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(6900);
  });

  test.each([2, 3])("loses nothing on a server that loses the answer of one in %i requests", async (nth) => {
    await using at = await place();
    let count = 0;
    const fetch = failing(at.fetch, () => ++count % nth === 0, "after", Number.POSITIVE_INFINITY);
    const manager = at.manager({}, fetch);
    const initial = await manager.uploadInitialModel({ weights: [0] });
    const first = await manager.setIteration({ runId: initial, batchId: "1" });
    const best = await train(manager, { lr: 1 }, 1);
    await train(manager, { lr: 2 }, 2);
    await manager.setIteration({ runId: best, batchId: "2" });
    expect(await manager.getTopParams()).toEqual([{ lr: 1 }, { lr: 2 }]);
    expect(await manager.downloadLastModel()).toEqual({ weights: [1] });
    expect(await manager.deletePreviousIteration()).toBe(first);
    const experiments = await at.client.experiments.search({ view: "all" }).all();
    expect(experiments.filter(({ name }) => name.startsWith("digits"))).toHaveLength(3);
    const runs = await at.client.runs.search({ experimentIds: [first], view: "all" }).all();
    expect(runs.map(({ data }) => data.metrics["model_uploaded"])).toEqual([0, 0]);
  });
});
