import type { Drain } from "./drain.ts";
import type { Queue } from "../queue.ts";

/**
 * Goes on after the page was hidden or frozen. Others may have taken it for dead meanwhile, and have ended its runs: they
 * go on, too.
 */
export async function rise({ engine, parts }: Drain, queue: Pick<Queue, "deleteTag" | "updateRun">): Promise<void> {
  const open = await engine?.rise();
  if (!open) return;
  for (const run of parts.ledger.unended()) {
    if (open.has(run) || !parts.mappings.has(run)) continue;
    queue.deleteTag(run, "mlflow.tracklet.endedBy");
    queue.updateRun(run, { status: "RUNNING" });
  }
}
