import type { DeliveryParts } from "../send/delivery-parts.ts";
import type { Opening } from "../send/loop-parts.ts";
import type { StorageCounts } from "../storage.ts";

/** What the engine needs. */
export interface EngineParts extends DeliveryParts {
  /** Bytes of bodies that may wait in the store. */
  readonly maxBytes: () => number;
  /** Somebody in this process waits for what is sent, or has logged it. */
  readonly awaited: () => boolean;
  /** Somebody in this process waits right now. */
  readonly waited: () => boolean;
  /** Called after everything that may let somebody go on who waits. */
  readonly onChange: () => void;
  /** Runs whose mapping somebody waits for. */
  readonly sought: ReadonlyMap<string, unknown>;
  /** The storage when it was opened. */
  readonly opened: Opening & { readonly counts: StorageCounts };
  /** What is put there survives the process. */
  readonly durable: boolean;
  /** Milliseconds without a sign of life after which a leader counts as gone. @default 60000 */
  readonly lease?: number | undefined;
}
