import { describe, expect, test } from "vitest";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { type Place, place, stateOf, type TestManager, train } from "./place.ts";

/** What is there before, and the operation: it gets a manager of a new process each time, and the ids of what is there. */
interface Case {
  readonly prepare: (manager: TestManager) => Promise<Record<string, string>>;
  readonly operate: (manager: TestManager, ids: Record<string, string>) => Promise<unknown>;
}

async function twoIterations(manager: TestManager): Promise<Record<string, string>> {
  const initial = await manager.uploadInitialModel({ weights: [0] });
  const first = await manager.setIteration({ runId: initial, batchId: "1" });
  const best = await train(manager, { lr: 1 }, 1);
  const second = await manager.setIteration({ runId: initial, batchId: "2" });
  const trained = await train(manager, { lr: 1 }, 2);
  return { initial, first, best, second, trained };
}

const cases: Record<string, Case> = {
  "S0.6 uploadInitialModel()": {
    prepare: async () => ({}),
    operate: (manager) => manager.uploadInitialModel({ weights: [0] }),
  },
  "S0.10 setIteration()": {
    prepare: async (manager) => ({ initial: await manager.uploadInitialModel({ weights: [0] }) }),
    operate: (manager, { initial = "" }) => manager.setIteration({ runId: initial, batchId: "1" }),
  },
  "S0.13 S0.17 setRun(), saveModel() and finishRun()": {
    prepare: twoIterations,
    operate: async (manager, { initial = "" }) => {
      await manager.setIteration({ runId: initial, batchId: "2" });
      await train(manager, { lr: 2 }, 1.5);
    },
  },
  "S0.16 deleteModel()": {
    prepare: twoIterations,
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
  "restoreIteration()": {
    prepare: async (manager) => {
      const ids = await twoIterations(manager);
      await manager.archiveIteration(ids["first"] ?? "");
      return ids;
    },
    operate: (manager, { first = "" }) => manager.restoreIteration(first),
  },
};

/**
 * A process that stops before its write number `index`: nothing of it happens any more. A stop after a write is a stop
 * before the next one, and what only reads changes nothing, so these are all the states that a stop can leave.
 */
function dying(fetch: Fetch, index: number): { fetch: Fetch; dead: Promise<"dead">; writes: () => number } {
  const { promise: dead, resolve } = Promise.withResolvers<"dead">();
  let count = 0;
  const wrapped: Fetch = (request) => {
    const isWrite = request.method !== "GET" && !request.url.endsWith("/search");
    if (count > index || (isWrite && count++ === index)) {
      resolve("dead");
      return new Promise<never>(() => {});
    }
    return fetch(request);
  };
  return { fetch: wrapped, dead, writes: () => count };
}

/** The state after the operation is stopped at a write and repeated; how many writes it made. */
async function stopped({ prepare, operate }: Case, index: number): Promise<{ state: object[]; writes: number }> {
  await using at: Place = await place();
  const ids = await prepare(at.manager());
  const { fetch, dead, writes } = dying(at.server.fetch, index);
  await Promise.race([operate(at.manager({}, fetch), ids), dead]);
  const count = writes();
  // Also when it was whole: the answer of the last request may have been lost with the process.
  await operate(at.manager(), ids);
  return { state: await stateOf(at), writes: count };
}

describe("createExperimentsManager(), stopped at any request and begun again,", () => {
  for (const [name, one] of Object.entries(cases)) {
    test(`${name} ends in the same state`, async () => {
      const whole = await stopped(one, Number.POSITIVE_INFINITY);
      expect(whole.writes).toBeGreaterThan(0);
      for (let index = 0; index < whole.writes; index++) {
        expect((await stopped(one, index)).state, `stopped before write ${index}`).toEqual(whole.state);
      }
    });
  }
});
