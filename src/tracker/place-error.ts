import { StorageError } from "../errors/usage-errors.ts";
import type { Files } from "../runtime/ports/files.ts";

/** What a file system says when something has the name already, in all runtimes. */
const inTheWay = /^E(EXIST|NOTDIR|ISDIR|NOTEMPTY|PERM)$/;
const denied = /^E(ACCES|PERM|ROFS|NOTDIR|ISDIR|EXIST|NOTEMPTY|NAMETOOLONG)$/;

/** @throws StorageError when a directory has the name that a file is to have: better known before the file is fetched. */
export async function mustBeFree(files: Files, to: string, path: string): Promise<void> {
  if ((await files.stat(path))?.isDirectory) throw taken(to, `a directory is in the way of the file "${path}"`);
}

/**
 * What the file system says, in words; any other error as it is. A file that broke off is not there at all.
 *
 * @param to what the user gave
 * @param path where it failed: a file or a directory
 */
export async function placeError(cause: unknown, files: Files, to: string, path: string): Promise<unknown> {
  const code = String(((cause ?? {}) as { readonly code?: unknown }).code);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const message = `Cannot download artifacts to "${to}" as the disk is full or a quota is used up: make room`;
    return new StorageError(message, { cause, fault: "full" });
  }
  const blocking = inTheWay.test(code) ? await fileAbove(files, path).catch(() => undefined) : undefined;
  if (blocking !== undefined) return taken(to, `a file is in the way of the directory "${blocking}"`, cause);
  if (!denied.test(code)) return cause;
  const message = `Cannot download artifacts to "${to}" as it must be a directory that can be written, with room for the names: ${String(cause)}`;
  return new StorageError(message, { cause, fault: "denied" });
}

function taken(to: string, what: string, cause?: unknown): StorageError {
  const message = `Cannot download artifacts to "${to}" as ${what}: move it away, or download to another directory`;
  return new StorageError(message, { cause, fault: "denied" });
}

/** The file at a path that should be a directory, or at one above it. */
async function fileAbove(files: Files, path: string): Promise<string | undefined> {
  for (let at = path; ; ) {
    const found = await files.stat(at);
    if (found !== undefined) return found.isDirectory ? undefined : at;
    const above = files.join(at, "..");
    if (above === at) return undefined;
    at = above;
  }
}
