import { resolve } from "node:path";
import { checkConnection } from "../client/check-connection.ts";
import { createQueue } from "../queue/create-queue.ts";
import type { Destination } from "../queue/destination.ts";
import type { Queue } from "../queue/queue.ts";
import { sqliteQueue } from "../queue/storage/sqlite.ts";
import type { Amount, FlushReport, Problem } from "../queue/types.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { lateClient } from "../tracker/late-client.ts";
import { amountText } from "../tracker/shown.ts";
import type { SyncFlags } from "./commands/sync.ts";
import { quarantineText } from "./quarantine-text.ts";
import { type QueueFile, readQueueFile } from "./queue-file.ts";
import { type StopSignals, stopSignals } from "./stop-signals.ts";
import { boundText, claimFile, giveBack } from "./sync-force.ts";
import { showProgress, type SyncProgress } from "./sync-progress.ts";
import { openSyncTarget, type SyncTarget } from "./sync-target.ts";

/** How often, and after how many milliseconds, it is looked for what came while all was sent. */
const TRIES = 20;
const PAUSE = 100;

/**
 * Sends what waits in a queue file, by the same queue that left it there, until nothing can be sent any more, the time is
 * over, or a signal comes; what is left stays in the file.
 *
 * @returns Exit code: 0 when nothing is left, 1 when something is, 128 and the signal's number after a signal.
 * @throws ConfigurationError or StorageError when the file or the address cannot be used.
 */
export async function runSync(file: string, flags: SyncFlags, runtime: Runtime = defaultRuntime()): Promise<number> {
  const path = resolve(file);
  const found = readQueueFile(path);
  const target = await openSyncTarget(flags.trackingUri, runtime);
  const signals = stopSignals();
  try {
    checkConnection(target.connection);
    const claimed = await claimFile(found, target, flags.force);
    let after: QueueFile;
    let bound: QueueFile["runs"];
    let report: FlushReport;
    try {
      report = await drain(found, flags, target, claimed.destination, signals, runtime);
    } finally {
      after = readQueueFile(path);
      bound = await giveBack(claimed, after);
    }
    const held = bound.length > 0 ? [boundText(bound, claimed)] : [];
    for (const line of summary(report, after, target, signals.code !== undefined, flags, held)) {
      process.stdout.write(`${line}\n`);
    }
    return signals.code ?? (isEmpty(after.counts.waiting) && isEmpty(after.counts.quarantined) ? 0 : 1);
  } finally {
    signals.stop();
    await target.close();
  }
}

async function drain(
  { name: path, counts: { waiting: total } }: QueueFile,
  { timeout, retryQuarantined, experiment: moved }: SyncFlags,
  { connection }: SyncTarget,
  destination: Destination,
  signals: StopSignals,
  runtime: Runtime,
): Promise<FlushReport> {
  let progress: SyncProgress | undefined;
  const queue: Queue = createQueue({
    storage: sqliteQueue({ path, clock: runtime.clock }),
    client: lateClient(connection, runtime),
    runtime,
    destination,
    moved,
    // Whatever its writer allowed: nothing may be dropped to make room here.
    delivery: { maxStoredBytes: Number.POSITIVE_INFINITY },
    onProblem: ({ kind, message }) => {
      // What may go on for long is told at once, everything else at the end.
      if (kind === "server-unreachable" || kind === "storage") progress?.say(message);
    },
  });
  progress = showProgress(queue, total, runtime);
  const release = runtime.lifecycle.keepAlive();
  try {
    if (retryQuarantined) await (await queue.quarantine()).retry(undefined, signals.signal);
    const { clock } = runtime;
    const end = clock.monotonic() + (timeout ?? Number.POSITIVE_INFINITY) * 1_000;
    // Again for what came meanwhile: the ends of runs whose process died.
    for (let tries = 0; tries < TRIES; tries++) {
      const rest = end - clock.monotonic();
      const limits = rest === Number.POSITIVE_INFINITY ? {} : { timeout: Math.max(0, rest) };
      const { parked } = await queue.flush({ signal: signals.signal, ...limits });
      const { waiting } = readQueueFile(path).counts;
      const moves = waiting.points + waiting.requests > parked.points + parked.requests;
      if (!moves || rest <= 0 || queue.status().host !== "ok") break;
      await new Promise<void>((resolve) => void clock.after(PAUSE, resolve));
    }
  } catch (error) {
    if (!signals.signal.aborted) throw error;
  } finally {
    release();
    progress.end();
  }
  return queue.close();
}

function summary(
  { delivered, problems }: FlushReport,
  file: QueueFile,
  { label }: SyncTarget,
  stopped: boolean,
  flags: SyncFlags,
  held: readonly string[],
): string[] {
  const { name, counts, quarantined: aside } = file;
  const { waiting, quarantined } = counts;
  const sent = isEmpty(delivered) ? [] : [`Sent ${amountText(delivered)} to ${label}`];
  const rest = isEmpty(waiting) ? `Nothing waits in ${name}` : `Left in ${name}: ${amountText(waiting)}`;
  const lines = [...sent, isEmpty(delivered) && isEmpty(waiting) ? `Nothing to do: nothing waits in ${name}` : rest];
  if (!isEmpty(waiting)) {
    // Quarantined ones are told below, from the file, with those of earlier times.
    const why = problems.filter(({ kind }) => kind !== "quarantined").map(({ message }: Problem) => message);
    if (stopped) why.unshift("Stopped before the end: the same command goes on");
    else if (why.length === 0) {
      const time = flags.timeout === undefined ? "" : ` after ${flags.timeout} s: give more time with --timeout`;
      why.push(`Not all was sent${time}`);
    }
    lines.push(...[...held, ...why].map((message) => `  ${message}`));
  }
  if (!isEmpty(quarantined)) {
    lines.push(`Quarantined in ${name}, as the server refuses it for good: ${amountText(quarantined)}`);
    lines.push(...quarantineText(aside));
  }
  return lines;
}

function isEmpty({ points, requests }: Amount): boolean {
  return points === 0 && requests === 0;
}
