import type { AccountDraft, AccountRecord } from "./account/account-record.ts";
import type { KeyCounts } from "./account/key-counts.ts";
import type {
  Appended,
  ChildDraft,
  ChunkDraft,
  ChunkHeader,
  QuarantinedChunk,
  QuarantinedHeader,
  SealedChunk,
  StoredChunk,
} from "./chunk/stored-chunk.ts";
import type { Destination } from "./destination.ts";
import type { Claim, Lease } from "./lead/lease.ts";
import type { OpenRun } from "./lead/open-run.ts";
import type { DesiredRun, RunMapping } from "./run-mapping.ts";
import type { Broadcast } from "../runtime/ports/broadcast.ts";
import type { Locks } from "../runtime/ports/locks.ts";
import type { Amount, Problem } from "./types.ts";

/** What a storage holds and held, kept with each change and never counted by walking. */
export interface StorageCounts {
  /** In the order. */
  readonly waiting: Amount;
  /** Acknowledged ever. */
  readonly delivered: Amount;
  /** Set aside. */
  readonly quarantined: Amount;
  /** Dropped or discarded ever. */
  readonly dropped: Amount;
  /** Bytes of waiting bodies. */
  readonly bytes: number;
  /** Bytes of waiting artifacts. */
  readonly blobBytes: number;
  /** Last place in the order that was given. */
  readonly order: number;
}

/** The caller's term is over: another leader drains this storage. */
export class StaleTermError extends Error {
  override name = "StaleTermError";
}

/**
 * Where unsent data waits, never where runs are kept. Pass `tracklet/queue/contract` to prove one of your own.
 */
export interface QueueStorage {
  /** For people: `memory`, or the name of a file or database. */
  readonly name: string;
  /** True when what is put there survives the process. */
  readonly durable: boolean;
  /**
   * Opens it; the same one again when it is open. `onProblem` hears what went wrong and was mended without the caller:
   * a damaged file moved aside, a storage that was emptied by somebody else.
   */
  open(onProblem?: (problem: Problem) => void): Promise<QueueStore>;
  /**
   * Of a storage that stands in for one that gave no answer in time: asks that one again, and gives it when it answers;
   * `open` gives it from then on, too.
   */
  answers?(): Promise<QueueStore | undefined>;
  /** Bytes that it may take of what the platform allows; undefined when that is not known. Left out: all that there is. */
  room?(): Promise<number | undefined>;
  /** Loads what `openNow` needs. Opens and makes nothing. */
  prepare?(): Promise<unknown>;
  /** Opens it at once, for the last moment of a process; undefined when it was not prepared, or cannot be. */
  openNow?(): QueueStore | undefined;
  /** False when it is known, without opening or making anything, that nothing waits there. Left out: unknown. */
  holds?(): boolean | Promise<boolean>;
}

/**
 * An open storage. Who makes one of their own keeps these, which `tracklet/queue/contract` tests:
 *
 * - Every method is one transaction: all of it happened or nothing, for all who have the storage open, and what is durable
 *   is so when the promise resolves. An error may come although the change took place; every change can be repeated then.
 * - Writers append, all at the same time. One leader drains: whatever only a leader may do takes its term, and rejects with
 *   `StaleTermError` when that is over, in the same transaction.
 * - The lease is kept beside the term. Give `locks` where the platform has some that die with their holder, and
 *   `broadcast` where it has a channel between all who have the storage open: both may be left out, and cost time then.
 * - Which runs are open is kept by each put that says so, with its writer, so that the runs of a dead one can be ended.
 * - `keys` says what a chunk, or the part of it that goes, stands for: its fate is counted in the account of its run
 *   together with the change.
 * - There is no way to count or list all chunks: both cost more the longer the backlog is. Counts change with each change.
 */
export interface QueueStore {
  /**
   * Puts chunks of one writer, each new one at the next place in the order, and merges `desired` into the desired state
   * of runs. A draft that names an `order` replaces the chunk there, unless that is sealed. One whose sequence is not
   * above the writer's last one, and that is not stored at its `order`, was put before: nothing happens, so that a put
   * repeated after a delivery, or after an error that was none, doubles nothing. Until its next append of chunks it is known
   * what the chunks that a writer put again held, also when they are delivered meanwhile.
   */
  append(
    writer: string,
    chunks: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
    accounts?: readonly AccountDraft[],
  ): Promise<readonly Appended[]>;
  /**
   * Counts as they stood at the end of the last append of this one, in which they are known: it saves a read after each.
   * Left out: they are read.
   */
  readonly counted?: StorageCounts | undefined;
  /**
   * It copies the bytes of files that Blobs read, and looks whether they changed meanwhile. Left out: it is given the bytes.
   */
  readonly copies?: true | undefined;
  /** The same without waiting, for the last moment of a process. Bodies of artifacts are not kept. Left out: it cannot. */
  readonly now?:
    | {
        append(
          writer: string,
          chunks: readonly ChunkDraft[],
          desired?: ReadonlyMap<string, DesiredRun>,
          accounts?: readonly AccountDraft[],
        ): readonly Appended[];
        map(mapping: RunMapping): void;
        assign(destination: Destination): Destination;
      }
    | undefined;

  /**
   * Locks that all share who have it open, and that the platform lets go of when their holder dies: then a dead leader
   * costs no time. Without them the lease alone decides, and it is noticed after a minute.
   */
  readonly locks?: Locks | undefined;
  /** Reaches all others who have it open. Without it they look every second. */
  readonly broadcast?: Broadcast | undefined;

  /** The lease as it stands: costs one read. */
  lease(): Promise<Lease>;
  /**
   * Begins a new term and ends the one before; the lease is held then. Terms only grow, and none ever returns, not even
   * when the storage was emptied. Gives 0, and changes nothing, when the claim names a lease that is not the present one.
   */
  beginTerm(claim?: Claim): Promise<number>;
  /** Rejects with `StaleTermError` when a term is over: costs one read. */
  verify(term: number): Promise<void>;
  /** Changes the beat of the leader's term, and keeps what it says. */
  beat(term: number, state: Pick<Lease, "locked" | "says">): Promise<void>;
  /** Lets go of the lease; the term stands until another one begins. Nothing happens when it is over. */
  endTerm(term: number): Promise<void>;
  /** Leaves a note for the leaders of later terms, in the place of the one before. */
  leaveNote(term: number, note: string): Promise<void>;
  /** The note that was left; undefined when none was. */
  note(): Promise<string | undefined>;
  /** Up to `limit` chunks with an order above `after`, in order. */
  heads(after: number, limit: number): Promise<readonly ChunkHeader[]>;
  /** A chunk that waits, whole, as it is now: for whoever goes on with a run. Undefined when it is gone. */
  chunk(order: number): Promise<StoredChunk | undefined>;
  /**
   * Seals a chunk against further puts and gives it whole; undefined when it is gone. In the same transaction it says whether
   * a `discard` of its run waits, however far behind: a leader that has not read so far shall send nothing of it.
   */
  seal(order: number, term: number): Promise<SealedChunk | undefined>;
  /**
   * Notes, before it is sent, that a request may have been sent: one that the server does not de-duplicate, or an upload
   * that passes what lies before it.
   */
  markAttempted(order: number, term: number): Promise<void>;
  /** Deletes a chunk as delivered, once the server has acknowledged it. `mapping` is kept in the same transaction. */
  acknowledge(order: number, term: number, mapping?: RunMapping, keys?: KeyCounts): Promise<void>;
  /** Deletes a chunk as dropped. */
  drop(order: number, term: number, keys?: KeyCounts): Promise<void>;
  /**
   * Puts children in the place of a chunk, before any of them is sent. What they hold less than it counts as `rest`.
   * Gives their headers; undefined when the chunk is gone.
   */
  replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
    keys?: KeyCounts,
  ): Promise<readonly ChunkHeader[] | undefined>;

  /** Up to `limit` open runs whose id is above `after`, in the order of ids. */
  openRuns(after: string, limit: number): Promise<readonly OpenRun[]>;
  /** Changes the beat of all runs that a writer has open. */
  appear(writer: string): Promise<void>;
  /**
   * Ends a run in the place of a writer that is dead: as `append`, if the run is still open as it was seen. False, and
   * nothing happens, when it was ended, resumed or recovered since, or its writer appeared.
   */
  recover(
    term: number,
    open: OpenRun,
    writer: string,
    chunks: readonly ChunkDraft[],
    desired: DesiredRun,
  ): Promise<boolean>;

  /** Sets a chunk aside, out of everybody's way. */
  quarantine(order: number, term: number, reason: string, keys?: KeyCounts): Promise<void>;
  /** Up to `limit` quarantined chunks with an order above `after`, in order. */
  quarantined(after: number, limit: number): Promise<readonly QuarantinedHeader[]>;
  /** A quarantined chunk, whole; undefined when it is not there. */
  quarantinedChunk(order: number): Promise<QuarantinedChunk | undefined>;
  /**
   * Puts a quarantined chunk back at the end of the order, with the sequence 0 as no put of its writer names it any more
   * and what was logged later may lie before it, and gives its new place; undefined when it is not there.
   */
  release(order: number, keys?: KeyCounts): Promise<number | undefined>;
  /** Forgets a quarantined chunk, which counts as dropped; false when it is not there. */
  discard(order: number, keys?: KeyCounts): Promise<boolean>;

  /** Which run of the server a run of ours is; undefined when it is not created, or forgotten. */
  mapping(localId: string): Promise<RunMapping | undefined>;
  /** Up to `limit` mappings of runs of ours whose id is above `after`, in the order of ids. */
  mappings(after: string, limit: number): Promise<readonly RunMapping[]>;
  /** Keeps a mapping unless there is one, and gives the one that stands. */
  map(mapping: RunMapping): Promise<RunMapping>;
  /** The merged desired state of a run; undefined when nothing was asked for. */
  desired(localId: string): Promise<DesiredRun | undefined>;
  /** Keeps where the data goes and whose it is, unless that is known, or `anew`, and gives what stands. */
  assign(destination: Destination, anew?: boolean): Promise<Destination>;
  /** What was counted of a run, by all writers. */
  accounts(localId: string): Promise<readonly AccountRecord[]>;
  /** Counts, kept with each change: costs nothing. */
  status(): Promise<StorageCounts>;
  /** Lets go of handles; what is durable stays. */
  close(): Promise<void>;
}
