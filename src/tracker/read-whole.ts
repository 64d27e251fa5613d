import { ValidationError } from "../errors/usage-errors.ts";
import { isUnreadable } from "../internal/unreadable.ts";
import type { FileBody } from "../queue/chunk/file-body.ts";
import { quote } from "./key.ts";

/**
 * What `read` makes of a file, if that is as it was from the first byte to the last: it may else be in two halves of
 * different age.
 *
 * @throws ValidationError when it is not: some runtimes notice by themselves, in words of their own, others do not
 */
export async function readWhole<T>(what: string, file: FileBody, read: () => Promise<T>): Promise<T> {
  const value = await read().catch(async (cause: unknown) => {
    throw isUnreadable(cause) || !(await file.isUnchanged()) ? changed(what, file, cause) : cause;
  });
  if (!(await file.isUnchanged())) throw changed(what, file);
  return value;
}

function changed(what: string, { path }: FileBody, cause?: unknown): ValidationError {
  return new ValidationError(
    `Cannot log the ${what} ${quote(path)} as the file must not change while it is read, and did: log it again once it is written`,
    { key: path, ...(cause !== undefined && { cause }) },
  );
}

/** What reading bytes of a Blob gives that somebody else opened. @throws ValidationError when its file is gone or changed */
export async function readBlob<T>(what: string, read: Promise<T>): Promise<T> {
  return read.catch((cause: unknown) => {
    if (!isUnreadable(cause)) throw cause;
    const cure = "open it again, once it is written";
    throw new ValidationError(`Cannot log the ${what} as the file of its Blob must not change, and did: ${cure}`, {
      cause,
    });
  });
}
