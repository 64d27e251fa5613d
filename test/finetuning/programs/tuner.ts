/** Trains what nobody else trains or has trained of one iteration, and says line by line what it does. */
import { ClaimLostError } from "../../../src/claims/index.ts";
import { isNetworkError } from "../../../src/errors/index.ts";
import { createExperimentsManager } from "../../../src/finetuning/index.ts";
import { createTracker } from "../../../src/index.ts";
import { type Job, lossOf } from "../two-managers.ts";

const job = JSON.parse(process.argv[2] ?? "") as Job;
const tracker = createTracker({ trackingUri: job.trackingUri, onProblem: () => {} });
const manager = createExperimentsManager<{ n: number }, { of: number }>({
  tracker,
  mainMetric: "loss",
  isLoss: true,
  pluginName: job.plugin,
  shared: { lease: job.lease },
  onNotice: () => {},
});
console.log(`up ${process.pid}`);

const bounds = { timeout: job.timeout };
const open = new Set(Array.from({ length: job.runs }, (_, n) => n));
let begun = 0;
while (open.size > 0) {
  try {
    await manager.setIteration({ runId: job.start, batchId: "shared" }, bounds);
    await trainAll();
  } catch (error) {
    if (!(error instanceof ClaimLostError) && !isNetworkError(error)) throw error;
    // Too slow to prove that it lives, or to be answered: whoever has the run now trains it, or we do, once more.
    await manager.finishIteration(bounds);
  }
}
await manager.finishIteration();
await tracker.close();
console.log("end");

async function trainAll(): Promise<void> {
  while (open.size > 0) {
    for (const n of [...open]) {
      const { state } = await manager.setRun({ n }, bounds);
      if (state === "started" || state === "resumed") {
        console.log(`begun ${++begun} (${n})`);
        await new Promise((resolve) => setTimeout(resolve, begun === job.longest ? 60_000 : job.work));
        manager.saveMetric(lossOf(n, job.runs));
        await manager.saveModel({ of: n }, bounds);
        await manager.finishRun(bounds);
        console.log(`done ${n} ${state}`);
      }
      if (state !== "busy") open.delete(n);
    }
  }
}
