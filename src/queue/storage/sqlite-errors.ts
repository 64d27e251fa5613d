import { StorageError, type StorageFault } from "../../errors/usage-errors.ts";
import { isTrackletError } from "../../errors/tracklet-error.ts";
import { isBusy, isNotDatabase } from "../../sql/sql-errors.ts";
import { StaleTermError } from "../storage.ts";

const FULL = /database or disk is full|SQLITE_FULL|ENOSPC|EDQUOT|no space left/i;
const DENIED =
  /readonly database|SQLITE_READONLY|unable to open database|SQLITE_CANTOPEN|EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EEXIST|EISDIR|PermissionDenied|NotCapable|Requires (read|write) access|not permitted/i;
/** The last ones as no release ever asks a queue for what is not there, and no body is that large. */
const DAMAGED = /malformed|SQLITE_CORRUPT|unsupported file format|no such (table|column|index)|string or blob too big/i;

const cures: Record<StorageFault, string> = {
  busy: "another process holds its lock",
  full: "the disk is full or a quota is used up: make room",
  denied: "its folder must exist and be writable",
  damaged: "it is not readable any more",
  newer: "a newer tracklet made it",
  timeout: "it gives no answer",
};

/** What an error of SQLite or of the file system means; undefined when it does not tell. */
export function faultOf(error: unknown): StorageFault | undefined {
  if (error instanceof StorageError) return error.fault;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { message } = cause;
    const text = "code" in cause ? `${String(cause.code)} ${message}` : message;
    if (isBusy(cause)) return "busy";
    if (isNotDatabase(cause) || DAMAGED.test(text)) return "damaged";
    if (FULL.test(text)) return "full";
    if (DENIED.test(text)) return "denied";
  }
  return undefined;
}

/** The error for the caller of a storage. */
export function storageError(error: unknown, label: string): Error {
  if (error instanceof StaleTermError || error instanceof StorageError) return error;
  const fault = faultOf(error);
  if (fault === undefined && isTrackletError(error)) return error as unknown as Error;
  const words = error instanceof Error ? error.message : String(error);
  const reason = fault === undefined ? words : `${cures[fault]} (${words})`;
  return new StorageError(`Cannot use the queue in "${label}" as ${reason}`, { cause: error, ...(fault && { fault }) });
}
