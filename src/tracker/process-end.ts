import { ENDED_BY_TAG } from "../queue/lead/ended-by.ts";
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
  if (reason.final !== true) {
    const limits = sharedLimits(core, { timeout: exitTimeout(core) });
    await handedOver(core, limits());
    await queue.finish(limits());
    await allDone(core, core.afterDelivery, limits());
  }
  tellLeft(core, withBackground(core, queue.keepNow()));
}

/** Ends what is open: FINISHED, FAILED after an error, KILLED by a signal. */
function endOpenRuns(core: Core, reason: EndReason): void {
  for (const run of [...core.open.values()]) {
    if (reason.kind === "exit") run.close("FINISHED");
    else if (reason.kind === "signal") {
      run.setTag(ENDED_BY_TAG, reason.signal);
      run.close("KILLED");
    } else {
      run.setTag("mlflow.tracklet.error", errorText(reason.error));
      run.close("FAILED");
    }
  }
}

/**
 * Says on standard error what was not delivered, and what becomes of it, whichever way the program ends. Only of what the
 * storage is known to hold it says that it waits there; what is in memory alone is lost.
 */
export function tellLeft(core: Core, report: FlushReport): void {
  const { pending, parked, unkept, quarantined } = report;
  const { queue, connection, runtime } = core;
  // A durable queue keeps what was refused, and tells of it apart; a queue in memory takes it with it.
  const left = sum(pending, parked, ...(queue.durable ? [] : [quarantined]));
  // The problem tells of the first of them. What a person gave up is dropped, too, and needs no word.
  if (report.problems.some(({ kind }) => kind === "dropped"))
    runtime.terminal.writeError(`tracklet: ${amountText(report.dropped)} were dropped in all: see receipts\n`);
  // Programs before this one may have left some of it, and said so.
  if (queue.durable && !isNone(quarantined) && report.problems.some(({ kind }) => kind === "quarantined"))
    runtime.terminal.writeError(
      `tracklet: ${amountText(quarantined)} were refused by the server for good: ${aside(core)}\n`,
    );
  if (isNone(left)) return;
  const waits = less(pending, unkept);
  // Who has named a durable queue is not to be told to take one: what it said when it could not be opened helps.
  const inMemory = report.problems.find(({ kind, cause }) => kind === "memory-queue" && cause instanceof Error)
    ?.cause as Error | undefined;
  const fates: readonly (readonly [of: Amount, fate: string])[] = queue.durable
    ? [
        [waits, waiting(core)],
        // What is lost is taken off what would be sent, as far as that goes.
        [less(left, sum(waits, unkept)), stuck(core)],
        [unkept, `were in memory and are lost: ${cureOf(core, report)}`],
      ]
    : [
        [
          pending,
          `were in memory and are lost: ${inMemory?.message ?? `${cureOf(core, report)}, or use a durable queue`}`,
        ],
        [
          parked,
          `waited in memory for runs that the server refuses: ${whySaid}${inMemory ? "" : ", or use a durable queue"}`,
        ],
        [quarantined, `were refused by the server for good: ${whySaid}, and log them again`],
      ];
  const told = fates.filter(([of]) => !isNone(of));
  const texts = told.map(([of, fate]) => (told.length === 1 ? `they ${fate}` : `${amountText(of)} of it ${fate}`));
  const place = core.embedded ? "the local store" : connection.trackingUri;
  runtime.terminal.writeError(`tracklet: ${amountText(left)} did not reach ${place}: ${texts.join("; ")}\n`);
}

const whySaid = "mend what the problem told of it says";

/** What would have brought to the server, or into the storage, what only waited. */
function cureOf({ guard, queue, options }: Core, { problems }: FlushReport): string {
  const { host, storage } = queue.status();
  const trouble = problems.find(({ kind, message }) => kind === "storage" && message.startsWith("Cannot keep"))?.cause;
  if (queue.durable && trouble instanceof Error) return `${storage} did not take them (${trouble.message})`;
  if (!guard.closed) return "call await tracker.close() before the end";
  if (queue.durable) return `${storage} did not take them in time: give close() a longer timeout`;
  if (host === "refused") return `the server refuses everything: ${whySaid}`;
  if (host === "paused")
    return 'the queue is paused: call tracker.queue.resume() before close(), or setMode("ONLINE") of a recorder before stop()';
  if (options.delivery?.mode === "manual") return "delivery is manual: call await tracker.flush() before close()";
  return "the server did not take them in time: give close() a longer timeout";
}

/** Where it lies, and what sends it. */
function waiting(core: Core): string {
  const { storage } = core.queue.status();
  const file = fileOf(core);
  const sync = `the next program here sends them, and so does: npx tracklet sync ${file} --tracking-uri ${core.connection.trackingUri}`;
  return `wait in ${storage}; ${file === undefined ? "the next program or page with this queue sends them" : sync}`;
}

/** What no program sends before somebody does something about it. */
function stuck(core: Core): string {
  const { storage } = core.queue.status();
  const file = fileOf(core);
  const cure =
    file === undefined
      ? `${whySaid}, or give them up by queue.discardRun()`
      : `npx tracklet status ${file} says why, and what helps`;
  return `wait in ${storage} for runs that the server refuses: ${cure}`;
}

/** Where what was refused for good lies, and what helps. */
function aside(core: Core): string {
  const { storage } = core.queue.status();
  const file = fileOf(core);
  const cure =
    file === undefined
      ? "queue.quarantine lists, retries or discards it"
      : `npx tracklet status ${file} says why, and what helps`;
  return `set aside in ${storage}; ${cure}`;
}

/** The file of a queue, as one can paste it behind a command; undefined for one that is no file. */
function fileOf({ queue, runtime }: Core): string | undefined {
  const { storage } = queue.status();
  if (runtime.files?.resolve(storage) !== storage) return undefined;
  return /[^\w./:@%+-]/.test(storage) ? `"${storage}"` : storage;
}

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

/** What is left of an amount without another one. */
function less(of: Amount, { points, requests }: Amount): Amount {
  return { points: Math.max(0, of.points - points), requests: Math.max(0, of.requests - requests) };
}
