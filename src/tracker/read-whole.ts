import { changedBlob, changedFile } from "../errors/changed-file.ts";
import { isUnreadable } from "../internal/unreadable.ts";
import type { FileBody } from "../queue/chunk/file-body.ts";

/**
 * What `read` makes of a file, if that is as it was from the first byte to the last: it may else be in two halves of
 * different age.
 *
 * @throws ValidationError when it is not: some runtimes notice by themselves, in words of their own, others do not
 */
export async function readWhole<T>(what: string, file: FileBody, read: () => Promise<T>): Promise<T> {
  const value = await read().catch(async (cause: unknown) => {
    throw isUnreadable(cause) || !(await file.isUnchanged()) ? changedFile(what, file.path, cause) : cause;
  });
  if (!(await file.isUnchanged())) throw changedFile(what, file.path);
  return value;
}

/** What reading bytes of a Blob gives that somebody else opened. @throws ValidationError when its file is gone or changed */
export async function readBlob<T>(what: string, read: Promise<T>): Promise<T> {
  return read.catch((cause: unknown) => {
    throw isUnreadable(cause) ? changedBlob(what, cause) : cause;
  });
}
