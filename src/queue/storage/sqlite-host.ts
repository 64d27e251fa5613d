import type { SqlDatabase } from "../../sql/database.ts";
import type { LargeValues } from "./sqlite-parts.ts";
import type { Spool } from "./spool.ts";

/** Where a store's database comes from. */
export interface SqliteHost {
  readonly label: string;
  readonly spool: Spool;
  /** Takes what is longer than a row may be. Left out: rows have no bound that anything meets. */
  readonly large?: LargeValues;
  /** The open database with its schema. */
  database(): SqlDatabase;
  /** Called before each change: lets go of a database that is not the one to use any more. */
  check(): void;
  /** The error for the caller, after what can be done about it was done. */
  failed(error: unknown): Error;
  /** Gives the disk back what is not needed; true when a change that it had no room for is worth another try. */
  relieve(): boolean;
  /** Wall time in milliseconds. */
  now(): number;
  close(): void;
}
