import { StorageError, type StorageFault } from "../../errors/usage-errors.ts";
import { isTrackletError } from "../../errors/tracklet-error.ts";
import { isBusy, isNotDatabase } from "../../sql/sql-errors.ts";
import { StaleTermError } from "../storage.ts";

const FULL = /database or disk is full|SQLITE_FULL|ENOSPC|EDQUOT|no space left/i;
const DENIED =
  /readonly database|SQLITE_READONLY|unable to open database|SQLITE_CANTOPEN|EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EEXIST|EISDIR|PermissionDenied|NotCapable|Requires (read|write) access|not permitted/i;
/** In a file it is damage that says so, as nothing is that large. */
const TOO_BIG = /string or blob too big/i;
/** The last ones as no release ever asks a queue for what is not there. */
const DAMAGED = /malformed|SQLITE_CORRUPT|unsupported file format|no such (table|column|index)/i;

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
    if (isNotDatabase(cause) || DAMAGED.test(text) || TOO_BIG.test(text)) return "damaged";
    if (FULL.test(text)) return "full";
    if (DENIED.test(text)) return "denied";
  }
  return undefined;
}

/** The error for the caller of a storage; `most` is what a value of it may be at most, where it has a bound. */
export function storageError(error: unknown, label: string, most?: string): Error {
  if (error instanceof StaleTermError || error instanceof StorageError) return error;
  const words = error instanceof Error ? error.message : String(error);
  const isTooBig = most !== undefined && TOO_BIG.test(words);
  const fault = isTooBig ? undefined : faultOf(error);
  if (fault === undefined && isTrackletError(error)) return error as unknown as Error;
  const cure = isTooBig ? `a name in it must be shorter: a row takes ${most}` : fault && cures[fault];
  const reason = cure === undefined ? words : `${cure} (${words})`;
  return new StorageError(`Cannot use the queue in "${label}" as ${reason}`, { cause: error, ...(fault && { fault }) });
}
