import { describe, expect, test } from "vitest";
import { ClaimLostError } from "../../src/claims/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { hastyClock } from "../support/hasty-clock.ts";
import { begun, type Place, place, type TestManager, train } from "./place.ts";

/** A program that trains all that nobody else trains or has trained. */
async function work(
  manager: TestManager,
  start: string,
  jobs: number,
  trained: string[],
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<void> {
  await manager.setIteration({ runId: start, batchId: "b" });
  let done = 0;
  let left = true;
  while (left) {
    left = false;
    for (let lr = 1; lr <= jobs; lr++) {
      try {
        const set = await manager.setRun({ lr });
        if (set.state === "busy") left = true;
        if (set.state !== "started" && set.state !== "resumed") continue;
        manager.saveMetric(lr);
        if (done++ === stopAfter) return;
        await manager.saveModel({ weights: [lr] });
        await manager.finishRun();
        trained.push(set.runId);
      } catch (error) {
        if (!(error instanceof ClaimLostError)) throw error;
        // The machine was too slow for a clock that hurries.
        left = true;
      }
    }
  }
}

async function outcome(at: Place): Promise<{ names: number; statuses: string[]; models: number[] }> {
  const experiments = await at.client.experiments.search().all();
  const { experimentId = "" } = experiments.find(({ name }) => name.endsWith(" / b")) ?? {};
  const runs = await at.client.runs.search({ experimentIds: [experimentId], view: "all" }).all();
  return {
    names: new Set(runs.map(({ info }) => info.runName)).size,
    statuses: runs.map(({ info }) => info.status),
    models: runs
      .filter(({ data }) => data.metrics["model_uploaded"] === 1)
      .map(({ data }) => data.metrics["loss"] ?? -1),
  };
}

describe("createExperimentsManager({ shared })", () => {
  test("lets one of two programs train each run, and keeps the best model", async () => {
    await using at = await place();
    const { initial } = await begun(at);
    const trained: string[] = [];
    const shared = { lease: 600_000 };
    await Promise.all([0, 1].map(() => work(at.manager({ shared }), initial, 6, trained)));
    expect(new Set(trained).size).toBe(6);
    expect(trained).toHaveLength(6);
    const { names, statuses, models } = await outcome(at);
    expect([names, statuses]).toEqual([6, Array(6).fill("FINISHED")]);
    expect(models).toEqual([1]);
  });

  test("S0.6 S0.9 lets two programs upload the initial model and delete an iteration at once: each happens once", async () => {
    await using at = await place();
    const managers = [1, 2].map(() => at.manager({ shared: { lease: 600_000 } }));
    const initials = await Promise.all(managers.map((one, n) => one.uploadInitialModel({ weights: [n] })));
    expect(new Set(initials).size).toBe(1);
    expect(at.notices.filter((text) => text.includes("is there already"))).toHaveLength(1);
    const [initial = ""] = initials;
    const uploads = await at.client.metrics.history({ runId: initial, key: "model_uploaded" }).all();
    expect(uploads.map(({ value }) => value)).toEqual([0, 1]);
    const [manager] = managers;
    await manager?.setIteration({ runId: initial, batchId: "1" });
    const trained = await train(manager as TestManager, { lr: 1 }, 1);
    const ids = await Promise.all(
      managers.map(async (one) => {
        await one.setIteration({ runId: initial, batchId: "2" });
        return one.deletePreviousIteration();
      }),
    );
    expect(new Set(ids).size).toBe(1);
    const deletions = await at.client.metrics.history({ runId: trained, key: "model_deleted" }).all();
    expect(deletions.map(({ value }) => value)).toEqual([1]);
  });

  test("follows a program that died, in the run that it had begun", async () => {
    await using at = await place();
    const { initial } = await begun(at);
    const trained: string[] = [];
    let dead = false;
    const fetch: Fetch = (request) => (dead ? new Promise<never>(() => {}) : at.fetch(request));
    await work(at.manager({ shared: { lease: 60_000 } }, fetch), initial, 3, trained, 1);
    dead = true;
    const other = at.manager({ shared: { lease: 60_000, wait: true } });
    await work(other, initial, 3, trained);
    expect(new Set(trained).size).toBe(3);
    const { names, statuses, models } = await outcome(at);
    expect([names, statuses, models]).toEqual([3, Array(3).fill("FINISHED"), [1]]);
  });

  test("stops a program whose claim is lost, as its machine slept", async () => {
    const hasty = hastyClock(50);
    let slept = 0;
    await using at = await place({
      now: () => hasty.now() + slept,
      monotonic: () => hasty.monotonic(),
      after: (ms, callback) => hasty.after(ms, callback),
    });
    const { initial } = await begun(at);
    const manager = at.manager({ shared: { lease: 60_000 } });
    await manager.setIteration({ runId: initial, batchId: "b" });
    const lost = (): string => {
      try {
        manager.saveMetric(1);
        return "saved";
      } catch (error) {
        return error instanceof ClaimLostError ? "lost" : String(error);
      }
    };
    await manager.setRun({ lr: 1 });
    expect(lost()).toBe("saved");
    slept += 60_000;
    await expect.poll(lost, { timeout: 10_000 }).toBe("lost");
    await expect(manager.saveModel({ weights: [1] })).rejects.toThrow(ClaimLostError);
    await expect(manager.finishRun()).rejects.toThrow(ClaimLostError);
    const { runId = "" } = await manager.setRun({ lr: 2 });
    slept += 60_000;
    await expect.poll(lost, { timeout: 10_000 }).toBe("lost");
    // No finishRun() is needed: somebody else has the run, whose status is left alone.
    expect((await manager.setRun({ lr: 3 })).state).toBe("started");
    expect((await at.client.runs.get(runId)).info.status).toBe("RUNNING");
    await manager.finishRun();
  });
});
