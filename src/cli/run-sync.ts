import { resolve } from "node:path";
import { checkConnection } from "../client/check-connection.ts";
import { createQueue } from "../queue/create-queue.ts";
import type { Destination } from "../queue/destination.ts";
import type { LeaderState } from "../queue/lead/leader-state.ts";
import type { Queue } from "../queue/queue.ts";
import type { Amount } from "../queue/types.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";
import { sqliteQueue } from "../queue/storage/sqlite.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { lateClient } from "../tracker/late-client.ts";
import type { SyncFlags } from "./commands/sync.ts";
import { checkWritable, damagedBeside, type QueueFile, readQueueFile } from "./queue-file.ts";
import { queueLeader } from "./queue-leader.ts";
import { type StopSignals, stopSignals } from "./stop-signals.ts";
import { boundText, claimFile, giveBack } from "./sync-force.ts";
import { showPatience } from "./sync-patience.ts";
import { showProgress } from "./sync-progress.ts";
import { isEmpty, type SyncEnd, syncSummary } from "./sync-summary.ts";
import { openSyncTarget, type SyncTarget } from "./sync-target.ts";
import { syncTelling } from "./sync-telling.ts";
import { watchTraffic } from "./sync-traffic.ts";

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
  checkWritable(path);
  const damaged = damagedBeside(path);
  const target = await openSyncTarget(flags.trackingUri, runtime);
  const signals = stopSignals();
  try {
    checkConnection(target.connection);
    const claimed = await claimFile(found, target, flags.force);
    let after: QueueFile;
    let bound: QueueFile["runs"];
    let drained: Drained;
    try {
      drained = await drain(found, flags, target, claimed.destination, signals, runtime);
    } finally {
      after = readQueueFile(path);
      bound = await giveBack(claimed, after);
    }
    const held = bound.length > 0 ? [boundText(bound, claimed)] : [];
    const movedAside = [...damagedBeside(path)].filter((name) => !damaged.has(name));
    const lines = syncSummary({
      ...drained,
      movedAside,
      why: [...held, ...drained.why],
      discarded: flags.discardRun.length,
      before: found,
      after,
      label: target.label,
      timeout: flags.timeout,
      stopped: signals.code !== undefined,
    });
    for (const line of lines) process.stdout.write(`${line}\n`);
    const { waiting, quarantined } = after.counts;
    return signals.code ?? (isEmpty(waiting) && isEmpty(quarantined) && movedAside.length === 0 ? 0 : 1);
  } finally {
    signals.stop();
    await target.close();
  }
}

type Drained = Pick<SyncEnd, "delivered" | "by" | "retried" | "why" | "trouble">;

async function drain(
  { name: path, counts: { waiting: total } }: QueueFile,
  { timeout, retryQuarantined, discardRun, experiment: moved }: SyncFlags,
  { connection, label }: SyncTarget,
  destination: Destination,
  signals: StopSignals,
  runtime: Runtime,
): Promise<Drained> {
  const { clock, terminal, environment } = runtime;
  const traffic = watchTraffic(connection.fetch, label, clock);
  // Whoever sent nothing although something waits does not lead.
  const elsewhere = (): LeaderState | undefined => (traffic.sent === 0 ? queueLeader(path) : undefined);
  // Whoever has the file open counts what all of them delivered: what went before the first request went by others.
  let before: Amount | undefined;
  const fetch: Fetch = (request) => {
    before ??= queue.status().delivered;
    return traffic.fetch(request);
  };
  let say = (line: string): void => terminal.writeError(`${line}\n`);
  const telling = syncTelling((line) => say(line), environment);
  const queue: Queue = createQueue({
    storage: sqliteQueue({ path, clock }),
    client: lateClient({ ...connection, fetch }, runtime),
    runtime,
    destination,
    moved,
    // Whatever its writer allowed: nothing may be dropped to make room here.
    delivery: { maxStoredBytes: Number.POSITIVE_INFINITY },
    onProblem: telling.hear,
  });
  const progress = showProgress(queue, total, runtime);
  say = progress.say;
  const endPatience = showPatience({
    file: path,
    total,
    clock,
    interactive: terminal.interactive,
    delivered: () => queue.status().delivered,
    trouble: traffic.trouble,
    elsewhere: () => elsewhere() !== undefined,
    say,
  });
  const release = runtime.lifecycle.keepAlive();
  let retried = 0;
  let trouble: string | undefined;
  try {
    // All of them are given up before anything is sent: of the second, too, while the first is dropped.
    queue.pause();
    for (const run of discardRun) await queue.discardRun(run, { signal: signals.signal });
    queue.resume();
    if (retryQuarantined) retried = await (await queue.quarantine()).retry(undefined, signals.signal);
    const end = clock.monotonic() + (timeout ?? Number.POSITIVE_INFINITY) * 1_000;
    // Again for what came meanwhile: the ends of runs whose process died.
    for (let tries = 0; tries < TRIES; tries++) {
      const rest = end - clock.monotonic();
      const limits = rest === Number.POSITIVE_INFINITY ? {} : { timeout: Math.max(0, rest) };
      await queue.flush({ signal: signals.signal, ...limits });
      const { parked } = queue.status();
      const { waiting } = readQueueFile(path).counts;
      const moves = waiting.points + waiting.requests > parked.points + parked.requests;
      if (!moves || rest <= 0 || queue.status().host !== "ok") break;
      await new Promise<void>((resolve) => void clock.after(PAUSE, resolve));
    }
    const leader = elsewhere();
    trouble = leader ? elsewhereText(leader) : traffic.trouble();
  } catch (error) {
    if (!signals.signal.aborted) throw error;
  } finally {
    endPatience();
    release();
    progress.end();
  }
  const { delivered, problems } = await queue.close();
  const by = !before ? "others" : isEmpty(before) ? "this" : "all";
  return { delivered, by, retried, trouble, why: telling.rest(problems) };
}

/** What that means for who waits. */
function elsewhereText({ host }: LeaderState): string {
  const answer = host === "retrying" ? ", to which the server does not answer" : "";
  return `another process has it open and delivers it${answer}: let it go on, or end it first`;
}
