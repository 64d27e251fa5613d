import type { Books } from "../account/books.ts";
import type { Lease } from "../lead/lease.ts";
import type { StorageCounts } from "../storage.ts";
import type { DeliveryParts } from "./delivery-parts.ts";
import type { StorageTrouble } from "./storage-trouble.ts";

/** What a storage was found like. */
export interface Opening {
  readonly counts: Pick<StorageCounts, "order">;
  readonly lease: Pick<Lease, "term" | "held">;
}

/** What the loop needs. */
export interface LoopParts extends DeliveryParts {
  readonly books: Books;
  readonly trouble: StorageTrouble;
  /** Bytes of bodies that may wait in the store. */
  readonly maxBytes: () => number;
  /** What is put there survives the process. */
  readonly durable: boolean;
  /** The storage when it was opened. */
  readonly opened: Opening;
  /** Somebody in this process waits for what is sent, or has logged it. */
  readonly awaited: () => boolean;
  /** Somebody in this process waits right now. */
  readonly waited: () => boolean;
  /** The term of which this process is the leader; 0 while it follows. */
  readonly term: () => number;
  /** Called right before each request that changes something; rejects when the term is over. */
  readonly check: (term: number) => Promise<void>;
  /** The term is over. */
  readonly onLost: (term: number) => void;
  /** Called after each request. */
  readonly onDone: () => void;
  /** Called when it may be another one than before whether this process wants to lead. */
  readonly onWant: () => void;
  /** Called after everything that may let somebody go on who waits. */
  readonly onChange: () => void;
}
