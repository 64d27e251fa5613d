import type { FlushReport } from "../queue/types.ts";
import type { EndReason } from "../runtime/ports/lifecycle.ts";
import { type Core, handedOver } from "./core.ts";
import { amountText } from "./shown.ts";
import { errorText } from "./start-run.ts";

const defaultExitTimeout = 10_000;

/**
 * The end of the process: open runs end as the process does, a memory queue drains for a while, a durable one makes sure
 * that all is durable; what is left is one line on standard error.
 */
export async function endWithProcess(core: Core, reason: EndReason): Promise<void> {
  endOpenRuns(core, reason);
  const { queue } = core;
  if (reason.final === true) {
    const { waiting, inFlight } = queue.status();
    return tellLeft(core, {
      points: waiting.points + inFlight.points,
      requests: waiting.requests + inFlight.requests,
    });
  }
  await handedOver(core);
  const report = await drain(core, exitTimeout(core));
  tellLeft(core, report.pending);
}

/** Ends what is open: FINISHED, FAILED after an error, KILLED by a signal. */
function endOpenRuns(core: Core, reason: EndReason): void {
  for (const run of [...core.open.values()]) {
    if (reason.kind === "exit") run.close("FINISHED");
    else if (reason.kind === "signal") {
      run.setTag("mlflow.tracklet.endedBy", reason.signal);
      run.close("KILLED");
    } else {
      run.setTag("mlflow.tracklet.error", errorText(reason.error));
      run.close("FAILED");
    }
  }
}

/** Delivers what is in memory, or makes sure that it is durable. */
export function drain(core: Core, timeout: number): Promise<FlushReport> {
  const { queue } = core;
  const manual = core.options.delivery?.mode === "manual";
  return queue.flush({ until: queue.durable || manual ? "durable" : "delivered", timeout });
}

/** Milliseconds that the end may take. */
export function exitTimeout(core: Core): number {
  return core.options.delivery?.exitTimeout ?? defaultExitTimeout;
}

/** Says on standard error what was not delivered, where it lies and what sends it. */
export function tellLeft(core: Core, left: FlushReport["pending"]): void {
  if (left.points === 0 && left.requests === 0) return;
  const { queue, connection, runtime } = core;
  const fate = queue.durable
    ? `they wait in ${queue.status().storage}; the next program with this queue sends them`
    : "they were in memory and are lost; call await tracker.close() before the end, or use a durable queue";
  runtime.terminal.writeError(`tracklet: ${amountText(left)} did not reach ${connection.trackingUri}: ${fate}\n`);
}
