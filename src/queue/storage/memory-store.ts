import type { Broadcast } from "../../runtime/ports/broadcast.ts";
import type { Locks } from "../../runtime/ports/locks.ts";
import type { Destination } from "../destination.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import { freshDesired, mergeDesired } from "../chunk/desired-state.ts";
import type { AccountDraft, AccountRecord } from "../account/account-record.ts";
import type {
  Appended,
  ChildDraft,
  ChunkDraft,
  ChunkHeader,
  QuarantinedChunk,
  QuarantinedHeader,
  StoredChunk,
} from "../chunk/stored-chunk.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import { type Claim, claimed, freeLease, type Lease, type LeaseState, released } from "../lead/lease.ts";
import type { OpenRun } from "../lead/open-run.ts";
import { isEnd } from "../chunk/request.ts";
import type { Amount } from "../types.ts";
import { threadBroadcast, threadLocks } from "./thread-share.ts";
import { MemoryAccounts } from "./memory-accounts.ts";
import { KEEP_RUNS } from "./retention.ts";
import { checkTerm, isChild } from "./tally.ts";
import { type Tails, TailMemory } from "./tails.ts";
import { roomOf } from "../chunk/file-body.ts";

type Chunk = { -readonly [K in keyof StoredChunk]: StoredChunk[K] };
type Count = "waiting" | "delivered" | "quarantined" | "dropped";
const amount = (): { points: number; requests: number } => ({ points: 0, requests: 0 });

/** The store of a memory queue: the reference. It holds chunks encoded, as every store does, at 17 bytes a point. */
export class MemoryStore implements QueueStore {
  #term = 0;
  #lease: LeaseState = freeLease;
  readonly locks: Locks = threadLocks();
  readonly broadcast: Broadcast = threadBroadcast();
  #order = 0;
  #chunks = new Map<number, Chunk>();
  /** Ascending; may name chunks that are gone. */
  #orders: number[] = [];
  #last = new Map<string, number>();
  #tails = new Map<string, Tails | undefined>();
  #note: string | undefined;
  #quarantined = new Map<number, QuarantinedChunk>();
  readonly #open = new Map<string, { run: string; writer: string; beat: number }>();
  /** Time of the last put, by writer. */
  readonly #written = new Map<string, number>();
  #mappings = new Map<string, RunMapping>();
  #desired = new Map<string, DesiredRun>();
  /** Chunks that wait, by run; and runs that are over and have none, the one that was over last at the end. */
  readonly #waiting = new Map<string, number>();
  readonly #over = new Set<string>();
  readonly #keep: number;
  readonly #accounts = new MemoryAccounts();
  #destination: Destination | undefined;
  #counts = {
    waiting: amount(),
    delivered: amount(),
    quarantined: amount(),
    dropped: amount(),
    bytes: 0,
    blobBytes: 0,
  };

  /** `keep` is how many runs that are over it still knows. */
  constructor(keep: number = KEEP_RUNS) {
    this.#keep = keep;
  }

  async append(
    writer: string,
    chunks: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
    accounts: readonly AccountDraft[] = [],
  ): Promise<readonly Appended[]> {
    this.#accounts.put(writer, accounts);
    const memory = new TailMemory(this.#tails.get(writer));
    const results = chunks.map((draft) => {
      const { sequence } = draft;
      const there = this.#chunks.get(draft.order ?? 0);
      const before = there?.writer === writer && there.sequence === sequence ? there : undefined;
      const last = this.#last.get(writer) ?? 0;
      if (before ? before.sealed : sequence <= last) {
        return { stored: false, order: before?.order ?? 0, count: memory.put(sequence, before?.count) };
      }
      if (before) memory.put(sequence, draft.count);
      if (before) this.#remove(before);
      const order = before?.order ?? ++this.#order;
      this.#last.set(writer, Math.max(last, sequence));
      if (draft.opens === true) this.#open.set(draft.run, { run: draft.run, writer, beat: 0 });
      else if (draft.opens === false) this.#open.delete(draft.run);
      this.#written.set(writer, draft.at);
      const { opens: _, ...facts } = draft;
      this.#insert({ bucket: 0, attempted: 0, ...facts, writer, order, span: 1, bytes: draft.body.length });
      return { stored: true, order, count: draft.count };
    });
    this.#tails.set(writer, memory.tails);
    for (const [run, later] of freshDesired(desired, chunks, results)) {
      this.#desired.set(run, mergeDesired(this.#desired.get(run), later));
    }
    return results;
  }

  async lease(): Promise<Lease> {
    return { ...this.#lease, term: this.#term };
  }

  async beginTerm(claim: Claim = {}): Promise<number> {
    const lease = claimed({ ...this.#lease, term: this.#term }, claim);
    if (!lease) return 0;
    this.#lease = lease;
    return ++this.#term;
  }

  async verify(term: number): Promise<void> {
    checkTerm(this.#term, term);
  }

  async beat(term: number, state: Pick<Lease, "locked" | "says">): Promise<void> {
    checkTerm(this.#term, term);
    this.#lease = { ...this.#lease, ...state, beat: this.#lease.beat + 1 };
  }

  async endTerm(term: number): Promise<void> {
    if (term === this.#term) this.#lease = released(this.#lease);
  }

  async leaveNote(term: number, note: string): Promise<void> {
    checkTerm(this.#term, term);
    this.#note = note;
  }

  async note(): Promise<string | undefined> {
    return this.#note;
  }

  async heads(after: number, limit: number): Promise<readonly ChunkHeader[]> {
    if (this.#orders.length > 2 * this.#chunks.size + 64) {
      this.#orders = this.#orders.filter((order) => this.#chunks.has(order));
    }
    const found: ChunkHeader[] = [];
    for (let at = this.#place(after); at < this.#orders.length && found.length < limit; at++) {
      const chunk = this.#chunks.get(this.#orders[at]!);
      if (chunk) found.push({ ...chunk });
    }
    return found;
  }

  async chunk(order: number): Promise<StoredChunk | undefined> {
    const chunk = this.#chunks.get(order);
    return chunk && { ...chunk };
  }

  async seal(order: number, term: number): Promise<StoredChunk | undefined> {
    const chunk = this.#guarded(order, term);
    if (!chunk) return undefined;
    chunk.sealed = true;
    return { ...chunk };
  }

  async markAttempted(order: number, term: number): Promise<void> {
    const chunk = this.#guarded(order, term);
    if (chunk && !chunk.attempted) chunk.attempted = term;
  }

  async acknowledge(order: number, term: number, mapping?: RunMapping, keys?: KeyCounts): Promise<void> {
    this.#finish(this.#guarded(order, term), "delivered", keys);
    if (mapping) await this.map(mapping);
  }

  async drop(order: number, term: number, keys?: KeyCounts): Promise<void> {
    this.#finish(this.#guarded(order, term), "dropped", keys);
  }

  async replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
    keys?: KeyCounts,
  ): Promise<readonly ChunkHeader[] | undefined> {
    const parent = this.#guarded(order, term);
    if (!parent) return undefined;
    if (isChild(parent, children[0])) {
      // It took place before, and only its answer was lost: nothing may be counted twice.
      return children.flatMap((_, n) => this.#chunks.get(order + n * parent.span) ?? []).map((chunk) => ({ ...chunk }));
    }
    this.#finish(parent, rest, keys);
    const span = parent.span / children.length;
    return children.map((child, n) => {
      const { blob: _, ...kept } = parent;
      const chunk = {
        ...kept,
        ...child,
        order: order + n * span,
        span,
        sequence: 0,
        bytes: child.body.length,
        sealed: true,
        attempted: 0,
      };
      this.#insert(chunk);
      this.#count(chunk, rest, -1);
      return { ...chunk };
    });
  }

  async openRuns(after: string, limit: number): Promise<readonly OpenRun[]> {
    const above = [...this.#open.values()].filter(({ run }) => run > after).sort((a, b) => (a.run < b.run ? -1 : 1));
    return above.slice(0, limit).map((open) => ({ ...open, at: this.#written.get(open.writer) ?? 0 }));
  }

  async appear(writer: string): Promise<void> {
    for (const open of this.#open.values()) if (open.writer === writer) open.beat++;
  }

  async recover(
    term: number,
    { run, writer: of, beat }: OpenRun,
    writer: string,
    chunks: readonly ChunkDraft[],
    desired: DesiredRun,
  ): Promise<boolean> {
    checkTerm(this.#term, term);
    const open = this.#open.get(run);
    if (open?.writer !== of || open.beat !== beat) return false;
    await this.append(writer, chunks, new Map([[run, desired]]));
    return true;
  }

  async quarantine(order: number, term: number, reason: string, keys?: KeyCounts): Promise<void> {
    const chunk = this.#guarded(order, term);
    if (!chunk) return;
    this.#finish(chunk, "quarantined", keys);
    this.#quarantined.set(order, { ...chunk, reason });
  }

  async quarantined(after: number, limit: number): Promise<readonly QuarantinedHeader[]> {
    const found = [...this.#quarantined.values()].filter(({ order }) => order > after);
    return found
      .sort((a, b) => a.order - b.order)
      .slice(0, limit)
      .map(({ body: _, blob: __, ...header }) => header);
  }

  async quarantinedChunk(order: number): Promise<QuarantinedChunk | undefined> {
    return this.#quarantined.get(order);
  }

  async release(order: number, keys?: KeyCounts): Promise<number | undefined> {
    const found = this.#takeQuarantined(order);
    if (!found) return undefined;
    const { reason: _, ...chunk } = found;
    this.#accounts.settle(chunk, keys, undefined, "quarantined");
    this.#insert({ ...chunk, order: ++this.#order, span: 1 });
    return this.#order;
  }

  async discard(order: number, keys?: KeyCounts): Promise<boolean> {
    const found = this.#takeQuarantined(order);
    if (!found) return false;
    this.#count(found, "dropped", 1);
    this.#accounts.settle(found, keys, "dropped", "quarantined");
    return true;
  }

  async mapping(localId: string): Promise<RunMapping | undefined> {
    return this.#mappings.get(localId);
  }

  async mappings(after: string, limit: number): Promise<readonly RunMapping[]> {
    const above = [...this.#mappings.values()].filter(({ localId }) => localId > after);
    return above.sort((a, b) => (a.localId < b.localId ? -1 : 1)).slice(0, limit);
  }

  async map(mapping: RunMapping): Promise<RunMapping> {
    const stands = this.#mappings.get(mapping.localId) ?? mapping;
    this.#mappings.set(mapping.localId, stands);
    return stands;
  }

  async desired(localId: string): Promise<DesiredRun | undefined> {
    return this.#desired.get(localId);
  }

  async accounts(localId: string): Promise<readonly AccountRecord[]> {
    return this.#accounts.of(localId);
  }

  async assign(destination: Destination, anew = false): Promise<Destination> {
    if (anew || !this.#destination) this.#destination = destination;
    return this.#destination;
  }

  async status(): Promise<StorageCounts> {
    const { waiting, delivered, quarantined, dropped, ...bytes } = this.#counts;
    // Asked for often: a deep clone would cost ten times as much.
    return {
      ...bytes,
      waiting: { ...waiting },
      delivered: { ...delivered },
      quarantined: { ...quarantined },
      dropped: { ...dropped },
      order: this.#order,
    };
  }

  async close(): Promise<void> {}

  #guarded(order: number, term: number): Chunk | undefined {
    checkTerm(this.#term, term);
    return this.#chunks.get(order);
  }

  #insert(chunk: Chunk): void {
    this.#chunks.set(chunk.order, chunk);
    const at = this.#place(chunk.order);
    // `#place` gives the first order above; the one before may be this very one, of a chunk that was replaced.
    if (this.#orders[at - 1] !== chunk.order) this.#orders.splice(at, 0, chunk.order);
    this.#count(chunk, "waiting", 1);
    this.#waiting.set(chunk.run, 1 + (this.#waiting.get(chunk.run) ?? 0));
    this.#counts.bytes += chunk.bytes;
    this.#counts.blobBytes += roomOf(chunk);
  }

  #remove(chunk: Chunk): void {
    const left = this.#waiting.get(chunk.run)! - 1;
    if (left > 0) this.#waiting.set(chunk.run, left);
    else this.#settled(chunk.run);
    this.#chunks.delete(chunk.order);
    this.#count(chunk, "waiting", -1);
    this.#counts.bytes -= chunk.bytes;
    this.#counts.blobBytes -= roomOf(chunk);
  }

  /** Nothing waits of a run: forgets the oldest of those that are over. */
  #settled(run: string): void {
    this.#waiting.delete(run);
    this.#over.delete(run);
    if (!isEnd(this.#desired.get(run) ?? {})) return;
    this.#over.add(run);
    if (this.#over.size <= this.#keep) return;
    const [oldest] = this.#over;
    this.#over.delete(oldest!);
    if (this.#waiting.has(oldest!) || this.#open.has(oldest!) || !isEnd(this.#desired.get(oldest!) ?? {})) return;
    this.#mappings.delete(oldest!);
    this.#desired.delete(oldest!);
    this.#accounts.forget(oldest!);
  }

  #finish(chunk: Chunk | undefined, as: "delivered" | "quarantined" | "dropped", keys: KeyCounts | undefined): void {
    if (!chunk) return;
    this.#accounts.settle(chunk, keys, as === "delivered" ? "acknowledged" : as);
    this.#remove(chunk);
    this.#count(chunk, as, 1);
  }

  #takeQuarantined(order: number): QuarantinedChunk | undefined {
    const found = this.#quarantined.get(order);
    if (found) this.#count(found, "quarantined", -1);
    this.#quarantined.delete(order);
    return found;
  }

  #count(chunk: ChunkHeader, as: Count, sign: number): void {
    const counts: { -readonly [K in keyof Amount]: number } = this.#counts[as];
    counts[chunk.kind === "metrics" ? "points" : "requests"] += sign * chunk.count;
  }

  /** Index of the first order above `after`. */
  #place(after: number): number {
    let low = 0;
    let high = this.#orders.length;
    if (high > 0 && this.#orders[high - 1]! <= after) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#orders[middle]! <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
