import { expect, test } from "vitest";
import { ClaimLostError } from "../../src/claims/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { begun, place } from "./place.ts";

/** A line on which nothing that writes arrives while it is cut; then all of it does, late. */
function line(fetch: Fetch): { fetch: Fetch; cut: () => void; mend: () => void } {
  let open = Promise.withResolvers<void>();
  open.resolve();
  return {
    cut: () => {
      open = Promise.withResolvers();
    },
    mend: () => open.resolve(),
    fetch: async (request) => {
      const aborted = new Promise<never>((_, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason)),
      );
      if (request.method !== "GET") await Promise.race([open.promise, aborted]);
      return fetch(request);
    },
  };
}

test("createExperimentsManager({ shared }) lets a program that was cut off while it finished a run change nothing of what its follower has done", async () => {
  await using at = await place();
  const { initial } = await begun(at);
  const shared = { lease: 60_000, wait: true };
  const { fetch, cut, mend } = line(at.fetch);
  const tracker = at.tracker(fetch);
  const stalled = at.manager({ shared, tracker });
  await stalled.setIteration({ runId: initial, batchId: "b" });
  const { runId = "" } = await stalled.setRun({ lr: 1 });
  cut();
  for (const value of [5, 4, 0.01]) stalled.saveMetric(value);
  const finishing = stalled.finishRun().catch((error: unknown) => error);
  const follower = at.manager({ shared });
  await follower.setIteration({ runId: initial, batchId: "b" });
  expect(await follower.setRun({ lr: 1 })).toEqual({ state: "resumed", runId });
  follower.saveMetric(1);
  await follower.saveModel({ weights: [1] });
  await follower.finishRun();
  mend();
  expect(await finishing).toBeInstanceOf(ClaimLostError);
  await tracker.flush();
  const { data } = await at.client.runs.get(runId);
  expect(data.metrics["best_loss"]).toBe(1);
  const other = at.manager();
  await other.setIteration({ runId: initial, batchId: "b" });
  expect(await other.getBestQuality()).toEqual({ runId, value: 1 });
  expect(await other.setRun({ lr: 1 })).toEqual({ state: "finished", runId });
  expect((await at.client.runs.get(runId)).info.status).toBe("FINISHED");
  // A worse one does not take its place, and the late value does not keep a better one out.
  await other.setRun({ lr: 2 });
  other.saveMetric(0.5);
  expect(await other.saveModel({ weights: [0.5] })).toMatchObject({ saved: true, removed: runId });
});
