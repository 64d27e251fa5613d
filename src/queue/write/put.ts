import { StorageError } from "../../errors/usage-errors.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import { accountDrafts, draftsStored } from "../account/account-drafts.ts";
import { encodeLines, encodeNames } from "../account/account-lines.ts";
import { encodeMetrics, encodeRequest } from "../chunk/chunk-codec.ts";
import { desiredBy } from "../chunk/desired-state.ts";
import { ofPlace } from "../send/elsewhere.ts";
import type { MetricBuffer } from "./metric-buffer.ts";
import { countPoints } from "../account/point-account.ts";
import type { Ledger } from "../account/ledger.ts";
import { isEnd } from "../chunk/request.ts";
import type { RunAccount } from "../account/run-account.ts";
import type { AccountDraft } from "../account/account-record.ts";
import type { Appended, ChunkDraft } from "../chunk/stored-chunk.ts";
import type { DesiredRun } from "../run-mapping.ts";
import type { QueueStore } from "../storage.ts";
import type { NewRun, RunChange } from "../types.ts";
import { UnreadBodyError } from "../chunk/unread-body.ts";
import { readFiles } from "./read-files.ts";
import { giveUpUnread, takeOut } from "./unread-entries.ts";
import type { Entry, Writer } from "./writer.ts";

const CHUNKS_PER_APPEND = 64;
/** Another process holds the lock for milliseconds: tried again so soon, so often, before it counts as a failure. */
const BUSY_RETRY = 20;
const BUSY_TRIES = 50;

/** What a put found. */
export interface Put {
  /** Highest place in the order that was given; 0 when none was. */
  readonly order: number;
  /** A new chunk got a place that was given before: the storage was emptied, or is another one. */
  readonly renewed: boolean;
}

/** One append that is to be made. */
interface Batch {
  readonly drafts: readonly ChunkDraft[];
  readonly desired: ReadonlyMap<string, DesiredRun>;
  readonly accounts: readonly AccountDraft[];
}

/**
 * Puts what a writer holds into a store: all that is closed, and the open tails once. `known` is a place that was given
 * before. What cannot be read is taken out, and `onUnread` hears of it, and of whom nobody else tells.
 */
export async function put(
  writer: Writer,
  store: Pick<QueueStore, "append" | "copies">,
  ledger: Ledger,
  known: number,
  clock: Clock,
  onUnread: (lost: readonly Entry[]) => void,
): Promise<Put> {
  const steps = puts(writer, ledger, known, clock);
  for (let step = steps.next(); ; ) {
    if (step.done) return step.value;
    const { drafts, desired, accounts } = step.value;
    const append = async (): Promise<readonly Appended[]> => {
      const given = store.copies ? drafts : await readFiles(drafts);
      return store.append(ledger.writer, given, desired, accounts);
    };
    const results = await patiently(clock, append).catch((error: unknown): undefined => {
      if (!(error instanceof UnreadBodyError)) throw error;
      onUnread(giveUpUnread(writer, ledger, error));
      return undefined;
    });
    step = steps.next(results);
  }
}

/**
 * The same in the last moment of a process, while a `put` that was begun may never end. Bodies of artifacts cannot be
 * read any more: they are left out.
 *
 * @throws StorageError when the store fails, or another process holds its lock for long.
 */
export function putNow(
  writer: Writer,
  now: QueueStore["now"] & object,
  ledger: Ledger,
  known: number,
  clock: Clock,
): void {
  takeOut(writer, ({ blob }) => blob !== undefined);
  const steps = puts(writer, ledger, known, clock);
  for (let step = steps.next(); !step.done; ) {
    const { drafts, desired, accounts } = step.value;
    step = steps.next(stubbornly(() => now.append(ledger.writer, drafts, desired, accounts)));
  }
  // What was logged while an earlier put was on its way got no place in it.
  if (isDirty(writer)) putNow(writer, now, ledger, known, clock);
}

/** The appends that a put is made of; gets what became of each, undefined when something was taken out of it instead. */
function* puts(
  writer: Writer,
  ledger: Ledger,
  known: number,
  clock: Clock,
): Generator<Batch, Put, readonly Appended[] | undefined> {
  let highest = 0;
  let renewed = false;
  writer.closeRows();
  for (let tails = true; tails || writer.outbox.length > 0 || writer.putting; ) {
    // After a failure it is not known what took place: the very same batch goes again before any new sequence.
    const batch = writer.putting ?? writer.outbox.slice(0, CHUNKS_PER_APPEND);
    if (!writer.putting) writer.writing = batch.length;
    if (!writer.putting && tails && batch.length === writer.outbox.length) {
      batch.push(...takeTails(writer));
      tails = false;
    }
    const drafts = batch.map((entry) => draft(writer, ledger, entry, clock.now()));
    // With what was counted just now.
    const dated = accountDrafts(ledger);
    const accounts = dated.map(({ run, bucket, lines, group }) => {
      group.names ??= encodeNames(lines);
      return { run, bucket, lines: encodeLines(lines, group.names) };
    });
    writer.putting = batch.length > 0 || accounts.length > 0 ? batch : undefined;
    if (!writer.putting) break;
    const results = yield { drafts, desired: desiredBy(batch), accounts };
    if (!results) continue;
    draftsStored(ledger, dated);
    renewed ||= results.some(({ stored, order }, n) => stored && drafts[n]!.order === undefined && order <= known);
    const rest = batch.filter((entry, n) => !appended(writer, ledger, entry, results[n]!) && entry.sealed);
    writer.outbox.splice(0, writer.writing, ...rest);
    writer.writing = 0;
    writer.putting = undefined;
    highest = results.reduce((sum, { order }) => Math.max(sum, order), highest);
  }
  return { order: highest, renewed };
}

/** Takes the buffers that are open and hold more than the store does. */
function takeTails(writer: Writer): Entry[] {
  const { dirty } = writer;
  writer.dirty = new Set();
  return [...dirty]
    .filter(isAhead)
    .map((buffer) => ({ run: buffer.run, kind: "metrics", sealed: false, sequence: 0, count: 0, buffer }));
}

/** Something was taken that no store may hold yet. */
export function isDirty({ putting, outbox, dirty }: Writer): boolean {
  return putting !== undefined || outbox.length > 0 || [...dirty].some(isAhead);
}

function isAhead({ count, persisted }: MetricBuffer): boolean {
  return count > persisted;
}

/** Tries again while another process holds the lock of the storage. */
export async function patiently<T>(clock: Clock, operation: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await operation();
    } catch (error) {
      if (!isBusy(error) || tries === BUSY_TRIES) throw error;
      await new Promise<void>((resolve) => clock.after(BUSY_RETRY, resolve));
    }
  }
}

/** The same without waiting: each try waits for the lock by itself, in the thread. */
export function stubbornly<T>(operation: () => T): T {
  for (let tries = 1; ; tries++) {
    try {
      return operation();
    } catch (error) {
      if (!isBusy(error) || tries === BUSY_TRIES) throw error;
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof StorageError && error.fault === "busy";
}

function draft(writer: Writer, ledger: Ledger, entry: Entry, at: number): ChunkDraft {
  const { run, kind, buffer, blob } = entry;
  const account = ledger.run(run);
  if (!buffer) {
    entry.sequence ||= writer.nextSequence();
    const { sequence, count } = entry;
    const body = encodeRequest(kind === "create" ? ofPlace(entry.request as NewRun, ledger.place) : entry.request);
    const bucket = countKeys(account, entry);
    const opens = opensRun(entry);
    return {
      sequence,
      run,
      kind,
      bucket,
      at,
      sealed: true,
      count,
      body,
      ...(blob && { blob }),
      ...(opens !== undefined && { opens }),
    };
  }
  buffer.tried ||= buffer.count;
  buffer.sequence ||= writer.nextSequence();
  buffer.at ||= at;
  const { tried: count, sequence, order, bucket, keys, key, value, timestamp, step } = buffer;
  // Before it is known that they are stored: the account is stored together with them, or neither is.
  countPoints(account, buffer, sequence, buffer.counted, count);
  buffer.counted = count;
  return {
    sequence,
    run,
    kind,
    bucket,
    at: buffer.at,
    count,
    sealed: entry.sealed && count === buffer.count,
    body: encodeMetrics({ count, keys, key, value, timestamp, step }),
    ...(order > 0 && { order }),
  };
}

/** Whether a request begins or resumes its run, or ends or discards it; undefined for any other. */
function opensRun({ kind, request, opens }: Entry): boolean | undefined {
  if (opens || kind === "create") return true;
  if (kind === "discard") return false;
  const change = kind === "update" ? (request as RunChange) : {};
  return change.status === undefined ? undefined : !isEnd(change);
}

/** Counts what a request stands for, once; gives the bucket of its first key. */
function countKeys(account: RunAccount, entry: Entry): number {
  const lines = (entry.keys ?? []).map(([kind, key, calls]) => {
    const line = account.line(kind, key);
    if (!entry.counted) {
      line.kept += calls;
      account.touch(line);
    }
    return line;
  });
  entry.counted = true;
  return lines[0]?.bucket ?? 0;
}

/** Notes what became of an entry; true when nothing of it is left to put. */
function appended(writer: Writer, { sealedTails }: Ledger, { buffer, sealed }: Entry, result: Appended): boolean {
  if (!buffer) return true;
  const { sequence, persisted } = buffer;
  if (result.stored) {
    buffer.order = result.order;
    buffer.persisted = buffer.tried;
    buffer.tried = 0;
  } else {
    // Sealed by the leader, or delivered: only what came after goes on, as a chunk of its own.
    const rows = sealedTails.get(sequence) ?? result.count ?? (persisted || buffer.tried);
    buffer.shift(rows);
  }
  const done = buffer.count === buffer.persisted;
  if (!result.stored || (sealed && done)) sealedTails.delete(sequence);
  if (sealed && done) writer.recycle(buffer);
  if (!sealed && !done) {
    if (!buffer.closed) writer.dirty.add(buffer);
    if (!result.stored) writer.wakeIn(0);
  }
  return done;
}
