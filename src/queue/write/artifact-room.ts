import { StorageError } from "../../errors/usage-errors.ts";
import type { Drain } from "../drain/drain.ts";
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

/** Says that a body is in no storage yet. */
export function notKeptError(path: string, { parts }: Drain): StorageError {
  return new StorageError(`Cannot keep artifact "${path}" in "${parts.storage.name}": it is in memory and tried again`);
}
