import { StorageError } from "../errors/usage-errors.ts";
import type { Drain } from "./drain.ts";
import type { Ledger } from "./ledger.ts";
import type { Waiters } from "./waiters.ts";

/** What keeping artifacts within their bound needs. */
export interface ArtifactRoomParts {
  readonly ledger: Ledger;
  readonly waiters: Waiters;
  /** Bytes of bodies of artifacts that may wait. */
  readonly limit: number;
  readonly drain: Pick<Drain, "open" | "maxBytes">;
  /** Nothing is kept any more. */
  readonly ended: () => boolean;
  /** Nothing moves however long one waits. */
  readonly stands: () => boolean;
}

/** Room for the bodies of artifacts that wait. */
export class ArtifactRoom {
  readonly #parts: ArtifactRoomParts;

  constructor(parts: ArtifactRoomParts) {
    this.#parts = parts;
  }

  /**
   * Takes room for a body.
   *
   * @throws StorageError when there is none.
   */
  take(path: string, size: number): void {
    const { ledger, limit } = this.#parts;
    const { blobBytes } = ledger;
    if (blobBytes + size > limit) {
      throw new StorageError(
        `Cannot keep artifact "${path}" as delivery.maxStoredBytes must leave room for its ${size} bytes: current value is ${limit}, and ${blobBytes} wait`,
      );
    }
    ledger.blobBytes += size;
  }

  /** The same, and waits for room as long as there can be some. */
  async wait(path: string, size: number): Promise<void> {
    const { ledger, waiters, limit, drain, ended, stands } = this.#parts;
    // Only then is it known what waits from before.
    await drain.open().catch(() => {});
    const fits = (): boolean => ledger.bytes <= drain.maxBytes() && ledger.blobBytes + size <= limit;
    const isOver = (): boolean => ended() || stands() || size > limit || fits();
    // Somebody else who waited may have taken it.
    while (!isOver()) await waiters.until(isOver);
    if (ended()) throw new StorageError(`Cannot keep artifact "${path}" as the queue is closed`);
    this.take(path, size);
  }
}
