import { describe, expect, test } from "vitest";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { type Place, place, stateOf, type TestManager, train } from "./place.ts";

/** What is there before, and the operation: it gets a manager of a new process each time, and the ids of what is there. */
interface Case {
  readonly prepare: (manager: TestManager) => Promise<Record<string, string>>;
  /** What somebody else did then. */
  readonly between?: (at: Place) => Promise<void>;
  readonly operate: (manager: TestManager, ids: Record<string, string>) => Promise<unknown>;
}

/** One iteration with a trained run, the second one begun. */
async function oneIteration(manager: TestManager): Promise<Record<string, string>> {
  const initial = await manager.uploadInitialModel({ weights: [0] });
  const first = await manager.setIteration({ runId: initial, batchId: "1" });
  return { initial, first, best: await train(manager, { lr: 1 }, 1) };
}

async function twoIterations(manager: TestManager): Promise<Record<string, string>> {
  const { initial = "", ...rest } = await oneIteration(manager);
  const second = await manager.setIteration({ runId: initial, batchId: "2" });
  const trained = await train(manager, { lr: 1 }, 2);
  return { ...rest, initial, second, trained };
}

const cases: Record<string, Case> = {
  "S0.6 uploadInitialModel()": {
    prepare: async () => ({}),
    operate: (manager) => manager.uploadInitialModel({ weights: [0] }),
  },
  "S0.6 uploadInitialModel() where the experiment was deleted": {
    prepare: async (manager) => {
      await manager.uploadInitialModel({ weights: [0] });
      return {};
    },
    between: async ({ client, plugin }) => {
      const experiment = await client.experiments.getByName(`${plugin} / iteration / initial`);
      await client.experiments.delete(experiment?.experimentId ?? "");
    },
    operate: (manager) => manager.uploadInitialModel({ weights: [1] }),
  },
  "S0.10 setIteration()": {
    prepare: async (manager) => ({ initial: await manager.uploadInitialModel({ weights: [0] }) }),
    operate: (manager, { initial = "" }) => manager.setIteration({ runId: initial, batchId: "1" }),
  },
  "S0.13 S0.17 setRun(), saveModel() and finishRun()": {
    prepare: oneIteration,
    operate: async (manager, { initial = "" }) => {
      await manager.setIteration({ runId: initial, batchId: "1" });
      await train(manager, { lr: 2 }, 0.5);
    },
  },
  "S0.17 saveModel() over a model, also of a run that had failed,": {
    prepare: async (manager) => {
      const ids = await oneIteration(manager);
      await manager.setRun({ lr: 2 });
      manager.saveMetric(0.9);
      await manager.saveModel({ weights: [0.9] });
      await manager.finishRun({ asFailed: true });
      return ids;
    },
    operate: async (manager, { initial = "" }) => {
      await manager.setIteration({ runId: initial, batchId: "1" });
      const { state } = await manager.setRun({ lr: 2 }, { retryFailed: true });
      if (state === "finished") return;
      manager.saveMetric(0.7);
      await manager.saveModel({ weights: [0.7] });
      await manager.finishRun();
    },
  },
  "S0.16 deleteModel()": {
    prepare: oneIteration,
    operate: (manager, { best = "" }) => manager.deleteModel(best),
  },
  "S0.9 deletePreviousIteration()": {
    prepare: twoIterations,
    operate: (manager) => manager.deletePreviousIteration(),
  },
  "rollBackIteration()": {
    prepare: twoIterations,
    operate: (manager, { second = "" }) => manager.rollBackIteration(second),
  },
  "S0.9 archiveIteration()": {
    prepare: twoIterations,
    operate: (manager, { first = "" }) => manager.archiveIteration(first),
  },
  "restoreIteration()": {
    prepare: async (manager) => {
      const ids = await twoIterations(manager);
      await manager.archiveIteration(ids["first"] ?? "");
      return ids;
    },
    operate: (manager, { first = "" }) => manager.restoreIteration(first),
  },
};

/** At which request of an operation its process stops, counted from 0, and whether the server still gets it. */
interface Stop {
  readonly index: number;
  readonly isSent: boolean;
}

/** With TRACKLET_WHOLE=1 a process stops before and after each request. */
const isWhole =
  (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env["TRACKLET_WHOLE"] === "1";

/**
 * A process that stops at a request: nothing of it happens any more. Without TRACKLET_WHOLE only before what writes is
 * counted: a stop after a write is a stop before the next one, and what only reads changes nothing, so these are all the
 * states that a stop can leave.
 */
function dying(fetch: Fetch, { index, isSent }: Stop): { fetch: Fetch; dead: Promise<"dead">; requests: () => number } {
  const { promise: dead, resolve } = Promise.withResolvers<"dead">();
  let count = 0;
  const wrapped: Fetch = async (request) => {
    const isCounted = isWhole || (request.method !== "GET" && !request.url.endsWith("/search"));
    if (count <= index && !(isCounted && count++ === index)) return fetch(request);
    if (count === index + 1 && isCounted) {
      count++;
      if (isSent) await fetch(request);
      resolve("dead");
    }
    return new Promise<never>(() => {});
  };
  return { fetch: wrapped, dead, requests: () => count };
}

/** The state after the operation is stopped and repeated; how many requests it made. */
async function stopped(
  { prepare, between, operate }: Case,
  stop: Stop,
): Promise<{ state: object[]; requests: number }> {
  await using at: Place = await place();
  const ids = await prepare(at.manager());
  await between?.(at);
  const { fetch, dead, requests } = dying(at.fetch, stop);
  await Promise.race([operate(at.manager({}, fetch), ids), dead]);
  const count = requests();
  // Also when it was whole: the answer of the last request may have been lost with the process.
  await operate(at.manager(), ids);
  return { state: await stateOf(at), requests: count };
}

describe("createExperimentsManager(), stopped at any request and begun again,", () => {
  for (const [name, one] of Object.entries(cases)) {
    test(`${name} ends in the same state`, { timeout: isWhole ? 600_000 : 20_000 }, async () => {
      const whole = await stopped(one, { index: Number.POSITIVE_INFINITY, isSent: false });
      expect(whole.requests).toBeGreaterThan(0);
      for (let index = 0; index < whole.requests; index++) {
        for (const isSent of isWhole ? [false, true] : [false]) {
          const { state } = await stopped(one, { index, isSent });
          expect(state, `stopped ${isSent ? "after" : "before"} request ${index}`).toEqual(whole.state);
        }
      }
      if (isWhole) console.log(`${name}: stopped before and after each of ${whole.requests} requests`);
    });
  }
});
