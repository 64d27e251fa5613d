import type { Broadcast } from "../../runtime/ports/broadcast.ts";
import type { Locks } from "../../runtime/ports/locks.ts";
import type { AccountDraft, AccountRecord } from "../account/account-record.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import type {
  Appended,
  ChildDraft,
  ChunkDraft,
  ChunkHeader,
  QuarantinedChunk,
  QuarantinedHeader,
  SealedChunk,
  StoredChunk,
} from "../chunk/stored-chunk.ts";
import type { Destination } from "../destination.ts";
import { type Claim, claimed, type Lease, released } from "../lead/lease.ts";
import type { OpenRun } from "../lead/open-run.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import { finishChunk, readHeads } from "./memory-chunks.ts";
import { putChunks } from "./memory-put.ts";
import { discardChunk, quarantineChunk, readQuarantined, releaseChunk } from "./memory-quarantine.ts";
import { replaceChunk } from "./memory-replace.ts";
import { type MemoryChunk, type MemoryTables, newTables } from "./memory-tables.ts";
import { KEEP_RUNS } from "./retention.ts";
import { checkTerm } from "./tally.ts";
import { threadBroadcast, threadLocks } from "./thread-share.ts";

/** The store of a memory queue: the reference. It holds chunks encoded, as every store does, at 17 bytes a point. */
export class MemoryStore implements QueueStore {
  readonly #tables: MemoryTables;
  readonly locks: Locks = threadLocks();
  readonly broadcast: Broadcast = threadBroadcast();
  #destination: Destination | undefined;

  /** `keep` is how many runs that are over it still knows. */
  constructor(keep: number = KEEP_RUNS) {
    this.#tables = newTables(keep);
  }

  async append(
    writer: string,
    chunks: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
    accounts?: readonly AccountDraft[],
  ): Promise<readonly Appended[]> {
    return putChunks(this.#tables, writer, chunks, desired, accounts);
  }

  async lease(): Promise<Lease> {
    const { term, lease } = this.#tables;
    return { ...lease, term };
  }

  async beginTerm(claim: Claim = {}): Promise<number> {
    const tables = this.#tables;
    const lease = claimed({ ...tables.lease, term: tables.term }, claim);
    if (!lease) return 0;
    tables.lease = lease;
    return ++tables.term;
  }

  async verify(term: number): Promise<void> {
    checkTerm(this.#tables.term, term);
  }

  async beat(term: number, state: Pick<Lease, "locked" | "says">): Promise<void> {
    const tables = this.#tables;
    checkTerm(tables.term, term);
    tables.lease = { ...tables.lease, ...state, beat: tables.lease.beat + 1 };
  }

  async endTerm(term: number): Promise<void> {
    const tables = this.#tables;
    if (term === tables.term) tables.lease = released(tables.lease);
  }

  async leaveNote(term: number, note: string): Promise<void> {
    checkTerm(this.#tables.term, term);
    this.#tables.note = note;
  }

  async note(): Promise<string | undefined> {
    return this.#tables.note;
  }

  async heads(after: number, limit: number): Promise<readonly ChunkHeader[]> {
    return readHeads(this.#tables, after, limit);
  }

  async chunk(order: number): Promise<StoredChunk | undefined> {
    const chunk = this.#tables.chunks.get(order);
    return chunk && { ...chunk };
  }

  async seal(order: number, term: number): Promise<SealedChunk | undefined> {
    const chunk = this.#guarded(order, term);
    if (!chunk) return undefined;
    chunk.sealed = true;
    const discardTo = this.#tables.discards.get(chunk.run);
    return { ...chunk, ...(discardTo !== undefined && { discardTo }) };
  }

  async markAttempted(order: number, term: number): Promise<void> {
    const chunk = this.#guarded(order, term);
    if (chunk && !chunk.attempted) chunk.attempted = term;
  }

  async acknowledge(order: number, term: number, mapping?: RunMapping, keys?: KeyCounts): Promise<void> {
    finishChunk(this.#tables, this.#guarded(order, term), "delivered", keys);
    if (mapping) await this.map(mapping);
  }

  async drop(order: number, term: number, keys?: KeyCounts): Promise<void> {
    finishChunk(this.#tables, this.#guarded(order, term), "dropped", keys);
  }

  async replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
    keys?: KeyCounts,
  ): Promise<readonly ChunkHeader[] | undefined> {
    const parent = this.#guarded(order, term);
    return parent && replaceChunk(this.#tables, parent, children, rest, keys);
  }

  async openRuns(after: string, limit: number): Promise<readonly OpenRun[]> {
    const { open, writers } = this.#tables;
    const above = [...open.values()].filter(({ run }) => run > after).sort((a, b) => (a.run < b.run ? -1 : 1));
    return above.slice(0, limit).map((one) => ({ ...one, at: writers.get(one.writer)?.at ?? 0 }));
  }

  async appear(writer: string): Promise<void> {
    for (const open of this.#tables.open.values()) if (open.writer === writer) open.beat++;
  }

  async recover(
    term: number,
    { run, writer: of, beat }: OpenRun,
    writer: string,
    chunks: readonly ChunkDraft[],
    desired: DesiredRun,
  ): Promise<boolean> {
    checkTerm(this.#tables.term, term);
    const open = this.#tables.open.get(run);
    if (open?.writer !== of || open.beat !== beat) return false;
    await this.append(writer, chunks, new Map([[run, desired]]));
    return true;
  }

  async quarantine(order: number, term: number, reason: string, keys?: KeyCounts): Promise<void> {
    const chunk = this.#guarded(order, term);
    if (chunk) quarantineChunk(this.#tables, chunk, reason, keys);
  }

  async quarantined(after: number, limit: number): Promise<readonly QuarantinedHeader[]> {
    return readQuarantined(this.#tables, after, limit);
  }

  async quarantinedChunk(order: number): Promise<QuarantinedChunk | undefined> {
    return this.#tables.quarantined.get(order);
  }

  async release(order: number, keys?: KeyCounts): Promise<number | undefined> {
    return releaseChunk(this.#tables, order, keys);
  }

  async discard(order: number, keys?: KeyCounts): Promise<boolean> {
    return discardChunk(this.#tables, order, keys);
  }

  async mapping(localId: string): Promise<RunMapping | undefined> {
    return this.#tables.mappings.get(localId);
  }

  async mappings(after: string, limit: number): Promise<readonly RunMapping[]> {
    const above = [...this.#tables.mappings.values()].filter(({ localId }) => localId > after);
    return above.sort((a, b) => (a.localId < b.localId ? -1 : 1)).slice(0, limit);
  }

  async map(mapping: RunMapping): Promise<RunMapping> {
    const { mappings } = this.#tables;
    const stands = mappings.get(mapping.localId) ?? mapping;
    mappings.set(mapping.localId, stands);
    return stands;
  }

  async desired(localId: string): Promise<DesiredRun | undefined> {
    return this.#tables.desired.get(localId);
  }

  async accounts(localId: string): Promise<readonly AccountRecord[]> {
    return this.#tables.accounts.of(localId);
  }

  async assign(destination: Destination, anew = false): Promise<Destination> {
    if (anew || !this.#destination) this.#destination = destination;
    return this.#destination;
  }

  async status(): Promise<StorageCounts> {
    const { waiting, delivered, quarantined, dropped, ...others } = this.#tables.counts;
    // Asked for often: a deep clone would cost ten times as much.
    return {
      ...others,
      waiting: { ...waiting },
      delivered: { ...delivered },
      quarantined: { ...quarantined },
      dropped: { ...dropped },
    };
  }

  async close(): Promise<void> {}

  /** A chunk that the leader may change; undefined when it is gone. */
  #guarded(order: number, term: number): MemoryChunk | undefined {
    checkTerm(this.#tables.term, term);
    return this.#tables.chunks.get(order);
  }
}
