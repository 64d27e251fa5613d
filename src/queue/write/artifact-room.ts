import { changedBlob, changedFile } from "../../errors/changed-file.ts";
import { StorageError, ValidationError } from "../../errors/usage-errors.ts";
import { fileOf } from "../chunk/file-body.ts";
import type { Drain } from "../drain/drain.ts";
import { messageOf } from "../send/words-of-errors.ts";
import type { Problem } from "../types.ts";
import type { Entry } from "./writer.ts";
import type { Waiters } from "../waiters.ts";

/** What waiting for room needs. */
export interface ArtifactRoomParts {
  readonly drain: Drain;
  readonly waiters: Waiters;
  /** Nothing is kept any more. */
  readonly ended: () => boolean;
  /** Nothing moves however long one waits. */
  readonly stands: () => boolean;
}

/**
 * Takes room for the body of an artifact, and waits for it as long as there can be some.
 *
 * @throws StorageError when there is none.
 */
export async function waitForRoom(path: string, size: number, parts: ArtifactRoomParts): Promise<void> {
  const { drain, waiters, ended, stands } = parts;
  const { ledger, settings } = drain.parts;
  const limit = settings.maxStoredBytes;
  // Only then is it known what waits from before.
  await drain.open().catch(() => {});
  const fits = (): boolean => ledger.bytes <= drain.maxBytes() && ledger.blobBytes + size <= limit;
  const isOver = (): boolean => ended() || stands() || size > limit || fits();
  // Somebody else who waited may have taken it.
  while (!isOver()) await waiters.until(isOver);
  if (ended()) throw new StorageError(`Cannot keep artifact "${path}" as the queue is closed`);
  if (ledger.blobBytes + size > limit) throw noRoomError(path, size, drain);
  ledger.blobBytes += size;
}

/** Why a body that is too large for what room is left cannot be kept. */
export function noRoomError(path: string, size: number, { parts }: Drain): StorageError {
  const limit = parts.settings.maxStoredBytes;
  return new StorageError(
    `Cannot keep artifact "${path}" as delivery.maxStoredBytes must leave room for its ${size} bytes: current value is ${limit}, and ${parts.ledger.blobBytes} wait`,
  );
}

/** Says that a body is in no storage yet, or never will be. */
export function notKeptError(entry: Entry, { parts }: Drain): Error {
  if (entry.unread) return unreadError(entry, entry.unread.cause);
  entry.isToldLate = true;
  const what = `Cannot keep artifact "${pathOf(entry)}" in "${parts.storage.name}"`;
  return new StorageError(`${what}: it is in memory and tried again`);
}

/** Says that a body which was to be tried again is lost. */
export function lostBody(entry: Entry): Problem {
  const cause = unreadError(entry, entry.unread?.cause);
  const message = `Cannot keep artifact "${pathOf(entry)}", which waited in memory for its storage, so that it is dropped. ${cause.message}`;
  return { kind: "dropped", run: entry.run, key: pathOf(entry), message, cause };
}

/** Why a body cannot be read. */
function unreadError({ blob, ...entry }: Entry, cause: unknown): Error {
  const file = blob && fileOf(blob);
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  if (typeof code === "string" && code !== "ENOENT") {
    const what = `artifact ${JSON.stringify(file?.path ?? pathOf(entry))}`;
    return new ValidationError(`Cannot log the ${what} as its file must be readable: ${messageOf(cause)}`, { cause });
  }
  if (file) return changedFile("artifact", file.path, cause);
  return changedBlob(`artifact ${JSON.stringify(pathOf(entry))}`, cause);
}

function pathOf({ request }: Entry): string {
  return String(request);
}
