/** Trains what nobody else trains or has trained of one iteration, and says line by line what it does. */
import { ClaimLostError } from "../../../src/claims/index.ts";
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
await manager.setIteration({ runId: job.start, batchId: "shared" }, bounds);
const open = Array.from({ length: job.runs }, (_, n) => n);
let begun = 0;
while (open.length > 0) {
  for (const n of [...open]) {
    try {
      const { state } = await manager.setRun({ n }, bounds);
      if (state === "busy") continue;
      open.splice(open.indexOf(n), 1);
      if (state === "finished" || state === "failed") continue;
      console.log(`begun ${++begun} (${n})`);
      await new Promise((resolve) => setTimeout(resolve, begun === job.longest ? 60_000 : job.work));
      manager.saveMetric(lossOf(n, job.runs));
      await manager.saveModel({ of: n }, bounds);
      await manager.finishRun(bounds);
      console.log(`done ${n} ${state}`);
    } catch (error) {
      if (!(error instanceof ClaimLostError)) throw error;
      // Too slow to prove that it lives: whoever has it now trains it, or we do, later.
      if (!open.includes(n)) open.push(n);
    }
  }
}
await manager.finishIteration();
await tracker.close();
console.log("end");
