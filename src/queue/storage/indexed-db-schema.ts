import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from "idb";
import type { Destination } from "../destination.ts";
import type { FateLine } from "../account/fates.ts";
import { freeLease, type LeaseState } from "../lead/lease.ts";
import type { OpenRun } from "../lead/open-run.ts";
import type { ChunkHeader, StoredChunk } from "../chunk/stored-chunk.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import { firstTerm } from "./first-term.ts";
import type { Tails } from "./tails.ts";
import { newTally, type Tally } from "./tally.ts";

/** Version of the databases made here. A newer one is left as it is. */
export const SCHEMA_VERSION = 2;

/** A chunk without its body, under its place in the order. Whoever walks a backlog reads these alone. */
export interface ChunkRecord extends ChunkHeader {
  readonly blobBytes: number;
}

/** What a chunk holds, under the same place as its header, whether that waits or is quarantined. */
export type BodyRecord = Pick<StoredChunk, "body" | "blob">;

/** Counters, term and lease, in one record, which each change reads and writes. */
export interface StateRecord {
  readonly term: number;
  readonly lease: LeaseState;
  readonly counts: Tally;
  /** The writer that put last, in the place of its own record: whoever goes on putting reads and writes no other. */
  readonly writer?: LastWriter | undefined;
}

/** What is kept of a run. */
export interface RunRecord {
  /** Wall time of a late put, in milliseconds. */
  readonly at: number;
  readonly mapping?: RunMapping;
  readonly desired?: DesiredRun;
}

/** What is kept of a writer: its last sequence, and what the tails held that it put last. */
export interface WriterRecord {
  readonly last: number;
  /** Wall time of its last put, in milliseconds. */
  readonly at: number;
  readonly tails?: Tails;
}

/** A writer's record with its id. */
export interface LastWriter extends WriterRecord {
  readonly id: string;
}

/** The object stores. There is no index over chunks, which would double each put. */
export interface Schema extends DBSchema {
  state: { key: "state"; value: StateRecord };
  chunks: { key: number; value: ChunkRecord };
  bodies: { key: number; value: BodyRecord };
  quarantined: { key: number; value: ChunkRecord & { readonly reason: string } };
  writers: { key: string; value: WriterRecord; indexes: { at: number } };
  /** What a leader leaves for the next one. */
  notes: { key: "note"; value: string };
  accounts: { key: [run: string, writer: string, bucket: number]; value: Uint8Array<ArrayBuffer> };
  fates: { key: [run: string, writer: string, bucket: number]; value: readonly FateLine[] };
  /** Where the data goes; and the places of discards that wait, by run. */
  meta: { key: "destination" | `discard ${string}`; value: Destination | number };
  open: { key: string; value: Omit<OpenRun, "at"> };
  runs: { key: string; value: RunRecord; indexes: { at: number } };
}

/** One step to a later version, within the transaction that IndexedDB gives for all of them. */
export type Migration = (
  database: IDBPDatabase<Schema>,
  transaction: IDBPTransaction<Schema, StoreNames<Schema>[], "versionchange">,
) => void;

/** State of an empty queue. */
export function newState(): StateRecord {
  return { term: firstTerm(), lease: freeLease, counts: newTally() };
}

/**
 * Brings a database from the version `before` to the newest, within the transaction that IndexedDB gives for it. What
 * version 1 holds stands: since version 2 the state may name the writer that put last.
 */
export function upgrade(database: IDBPDatabase<Schema>, before: number): void {
  if (before < 1) {
    database.createObjectStore("state");
    database.createObjectStore("chunks", { keyPath: "order" });
    database.createObjectStore("bodies");
    database.createObjectStore("notes");
    database.createObjectStore("quarantined", { keyPath: "order" });
    database.createObjectStore("writers").createIndex("at", "at");
    database.createObjectStore("runs").createIndex("at", "at");
    database.createObjectStore("accounts");
    database.createObjectStore("fates");
    database.createObjectStore("meta");
    database.createObjectStore("open", { keyPath: "run" });
  }
}
