import type { Amount, FlushReport } from "../queue/types.ts";
import type { EndReason } from "../runtime/ports/lifecycle.ts";
import { allDone, type Core, exitTimeout, handedOver, sharedLimits, withBackground } from "./core.ts";
import { amountText } from "./shown.ts";
import { errorText } from "./error-text.ts";

/**
 * The end of the process: open runs end as the process does, a memory queue drains for a while, a durable one makes sure
 * that all is durable; what is left is one line on standard error.
 */
export async function endWithProcess(core: Core, reason: EndReason): Promise<void> {
  endOpenRuns(core, reason);
  const { queue } = core;
  if (reason.final === true) {
    const lost = sum(queue.keepNow(), { points: 0, requests: core.background.size });
    const { waiting, inFlight, ...rest } = queue.status();
    return tellLeft(core, withBackground(core, { ...rest, pending: sum(waiting, inFlight) }), lost);
  }
  const limits = sharedLimits(core, { timeout: exitTimeout(core) });
  await handedOver(core, limits());
  const report = await core.queue.finish(limits());
  await allDone(core, core.afterDelivery, limits());
  tellLeft(core, withBackground(core, report));
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

/** Says on standard error what was not delivered, where it lies and what helps; `lost` of it lies nowhere. */
export function tellLeft(core: Core, { pending, parked, quarantined }: FlushReport, lost: Amount = none): void {
  const { queue, connection, runtime } = core;
  // A durable queue keeps what was refused, a queue in memory takes it with it.
  const left = sum(pending, parked, ...(queue.durable ? [] : [quarantined]));
  if (isNone(left)) return;
  const fates: readonly (readonly [of: Amount, fate: string])[] = queue.durable
    ? [
        [left.points > lost.points || left.requests > lost.requests ? left : none, waiting(core)],
        [lost, `were in memory and are lost: ${cureOf(core)}`],
      ]
    : [
        [pending, `were in memory and are lost: ${cureOf(core)}, or use a durable queue`],
        [parked, `waited in memory for runs that the server refuses: ${whySaid}, or use a durable queue`],
        [quarantined, `were refused by the server for good: ${whySaid}, and log them again`],
      ];
  const told = fates.filter(([of]) => !isNone(of));
  const texts = told.map(([of, fate]) =>
    of === left || told.length === 1 ? `they ${fate}` : `${amountText(of)} of it ${fate}`,
  );
  const place = core.embedded ? "the local store" : connection.trackingUri;
  runtime.terminal.writeError(`tracklet: ${amountText(left)} did not reach ${place}: ${texts.join("; ")}\n`);
}

const whySaid = "mend what the problem told of it says";

/** What would have brought to the server what only waited. */
function cureOf({ guard, queue, options }: Core): string {
  if (!guard.closed) return "call await tracker.close() before the end";
  const { host } = queue.status();
  if (host === "refused") return `the server refuses everything: ${whySaid}`;
  if (host === "paused") return "the queue is paused: call tracker.queue.resume() before close()";
  if (options.delivery?.mode === "manual") return "delivery is manual: call await tracker.flush() before close()";
  return "the server did not take them in time: give close() a longer timeout";
}

/** Where it lies, and what sends it. */
function waiting({ queue, connection, runtime }: Core): string {
  const { storage } = queue.status();
  const isFile = runtime.files?.resolve(storage) === storage;
  const file = /[^\w./:@%+-]/.test(storage) ? `"${storage}"` : storage;
  const sync = `the next program here sends them, and so does: npx tracklet sync ${file} --tracking-uri ${connection.trackingUri}`;
  return `wait in ${storage}; ${isFile ? sync : "the next program or page with this queue sends them"}`;
}

const none: Amount = { points: 0, requests: 0 };

function isNone({ points, requests }: Amount): boolean {
  return points === 0 && requests === 0;
}

function sum(...amounts: Amount[]): Amount {
  const total = { points: 0, requests: 0 };
  for (const { points, requests } of amounts) {
    total.points += points;
    total.requests += requests;
  }
  return total;
}
