import type { SqlDatabase, SqlRow, SqlValue } from "../../sql/database.ts";
import type { LeaseState } from "../lead/lease.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import { bodyName, type LargeValues } from "./sqlite-parts.ts";
import { newTally, type Tally } from "./tally.ts";

/** Parts into which a place in the order can be divided. */
const UNITS = 2 ** 20;

/** Columns of `chunks` and `quarantined` without the body. */
export const HEADER =
  "place, span, writer, sequence, run, kind, bucket, count, sealed, at, attempted, bytes, file, blob_bytes, blob_type";

/** Where the artifact of a chunk lies. */
export interface SpooledBlob {
  readonly file: string;
  readonly blobBytes: number;
  readonly type: string;
}

/** A header as it is stored. */
export interface ChunkRow extends ChunkHeader {
  readonly blobBytes: number;
  readonly spooled: SpooledBlob | undefined;
}

/** Key of a place in the order. */
export function placeOf(order: number): number {
  return Math.round(order * UNITS);
}

/** Places of `count` children within a place and its span, as keys. */
export function divide(
  place: number,
  span: number,
  count: number,
): { readonly place: number; readonly span: number }[] {
  const edge = (n: number): number => place + Math.floor((span * n) / count);
  return Array.from({ length: count }, (_, n) => ({ place: edge(n), span: edge(n + 1) - edge(n) }));
}

/** The header in a row. */
export function readHeader(row: SqlRow): ChunkHeader {
  return {
    writer: String(row["writer"]),
    sequence: Number(row["sequence"]),
    order: Number(row["place"]) / UNITS,
    span: Number(row["span"]) / UNITS,
    run: String(row["run"]),
    kind: row["kind"] as ChunkHeader["kind"],
    bucket: Number(row["bucket"]),
    count: Number(row["count"]),
    sealed: row["sealed"] === 1,
    at: Number(row["at"]),
    bytes: Number(row["bytes"]),
    attempted: Number(row["attempted"]),
  };
}

/** A row with what only the storage needs to know. */
export function readRow(row: SqlRow): ChunkRow {
  const blobBytes = Number(row["blob_bytes"]);
  const file = row["file"];
  const spooled = typeof file === "string" ? { file, blobBytes, type: String(row["blob_type"] ?? "") } : undefined;
  return { ...readHeader(row), blobBytes, spooled };
}

/** Body of a row, wherever it lies. */
export function readBody(row: SqlRow, large?: LargeValues): Uint8Array<ArrayBuffer> {
  const body = row["body"] as Uint8Array<ArrayBuffer>;
  // No chunk has an empty one.
  return (body.length === 0 && large?.get(bodyName(Number(row["place"])))) || body;
}

/** Puts a chunk at its place, over what is there. */
export function writeRow(
  database: SqlDatabase,
  chunk: Omit<ChunkRow, "blobBytes">,
  body: Uint8Array,
  large?: LargeValues,
): void {
  const { spooled } = chunk;
  const isApart = large?.put(bodyName(placeOf(chunk.order)), body);
  const values: SqlValue[] = [
    placeOf(chunk.order),
    placeOf(chunk.span),
    chunk.writer,
    chunk.sequence,
    chunk.run,
    chunk.kind,
    chunk.bucket,
    chunk.count,
    chunk.sealed ? 1 : 0,
    chunk.at,
    chunk.attempted,
    body.length,
    spooled?.file ?? null,
    spooled?.blobBytes ?? 0,
    spooled?.type ?? null,
    isApart ? new Uint8Array() : body,
  ];
  const marks = values.map(() => "?").join();
  database.prepare(`INSERT OR REPLACE INTO chunks (${HEADER}, body) VALUES (${marks})`).run(...values);
}

/** Counters, term and lease. */
export interface QueueState {
  term: number;
  /** What its leader says stands elsewhere. */
  lease: Omit<LeaseState, "says">;
  readonly counts: Tally;
}

const COUNTS = ["waiting", "delivered", "quarantined", "dropped"] as const;
const STATE = [
  "term",
  "beat",
  "held",
  "locked",
  "last_order",
  ...COUNTS.flatMap((as) => [`${as}_points`, `${as}_requests`]),
  "bytes",
  "blob_bytes",
];

/** Reads counters, term and lease. */
export function readState(database: SqlDatabase): QueueState {
  const row = database.prepare("SELECT * FROM queue_state WHERE id = 1").get();
  // The row is written with the table: without it the page was overwritten.
  if (!row || !Object.values(row).every(Number.isSafeInteger)) {
    throw new Error("database disk image is malformed: the queue has no state");
  }
  const counts = newTally();
  const column = (name: string): number => Number(row[name]);
  for (const as of COUNTS) counts[as] = { points: column(`${as}_points`), requests: column(`${as}_requests`) };
  counts.order = column("last_order");
  counts.bytes = column("bytes");
  counts.blobBytes = column("blob_bytes");
  const lease = { beat: column("beat"), held: row["held"] === 1, locked: row["locked"] === 1 };
  return { term: column("term"), lease, counts };
}

/** Writes counters, term and lease. */
export function writeState(database: SqlDatabase, { term, lease, counts }: QueueState): void {
  database
    .prepare(`UPDATE queue_state SET ${STATE.map((name) => `${name} = ?`).join()} WHERE id = 1`)
    .run(
      term,
      lease.beat,
      lease.held ? 1 : 0,
      lease.locked ? 1 : 0,
      counts.order,
      ...COUNTS.flatMap((as) => [counts[as].points, counts[as].requests]),
      counts.bytes,
      counts.blobBytes,
    );
}
