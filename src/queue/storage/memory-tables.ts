import type { QuarantinedChunk, StoredChunk } from "../chunk/stored-chunk.ts";
import { freeLease, type LeaseState } from "../lead/lease.ts";
import type { OpenRun } from "../lead/open-run.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import { MemoryAccounts } from "./memory-accounts.ts";
import type { Tails } from "./tails.ts";
import { newTally, type Tally } from "./tally.ts";

/** A chunk as it is kept. */
export type MemoryChunk = { -readonly [K in keyof StoredChunk]: StoredChunk[K] };

/** What is kept of a writer: its last sequence, the time of its last put, and what the tails held that it put last. */
export interface MemoryWriter {
  last: number;
  at: number;
  tails?: Tails | undefined;
}

/** All that a memory queue holds. */
export interface MemoryTables {
  term: number;
  lease: LeaseState;
  note: string | undefined;
  readonly counts: Tally;
  readonly chunks: Map<number, MemoryChunk>;
  /** Ascending; may name chunks that are gone. */
  orders: number[];
  readonly quarantined: Map<number, QuarantinedChunk>;
  readonly writers: Map<string, MemoryWriter>;
  readonly open: Map<string, { run: string; writer: string; beat: OpenRun["beat"] }>;
  /** Places of the last discards that wait, by run. */
  readonly discards: Map<string, number>;
  readonly mappings: Map<string, RunMapping>;
  readonly desired: Map<string, DesiredRun>;
  /** Chunks that wait or are set aside, by run; and runs that are over and have none, the one that was over last at the end. */
  readonly held: Map<string, number>;
  readonly over: Set<string>;
  /** How many runs that are over it still knows. */
  readonly keep: number;
  readonly accounts: MemoryAccounts;
}

/** An empty queue. */
export function newTables(keep: number): MemoryTables {
  return {
    term: 0,
    lease: freeLease,
    note: undefined,
    counts: newTally(),
    chunks: new Map(),
    orders: [],
    quarantined: new Map(),
    writers: new Map(),
    open: new Map(),
    discards: new Map(),
    mappings: new Map(),
    desired: new Map(),
    held: new Map(),
    over: new Set(),
    keep,
    accounts: new MemoryAccounts(),
  };
}
