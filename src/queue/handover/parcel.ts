import type { Destination } from "../destination.ts";
import type { ChunkDraft } from "../chunk/stored-chunk.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";

/** `attempted` of what the server may have: the term in which it was sent means nothing to another queue. */
export const SENT = 1;

/**
 * What one queue hands over to another: chunks with all that the other one must know of their runs. Putting it twice
 * changes nothing.
 */
export interface Parcel {
  /** Names the queue that it comes from, unlike all others. */
  readonly from: string;
  readonly destination: Destination;
  /** In order. `attempted` is not 0 for what the server may have. */
  readonly chunks: readonly (ChunkDraft & { readonly attempted: number })[];
  readonly mappings: readonly RunMapping[];
  readonly desired: ReadonlyMap<string, DesiredRun>;
}

/** The parcel holds nothing. */
export function isEmpty({ chunks }: Parcel): boolean {
  return chunks.length === 0;
}

/** Points and other calls in a parcel. */
export function amountIn({ chunks }: Parcel): { readonly points: number; readonly requests: number } {
  const amount = { points: 0, requests: 0 };
  for (const { kind, count } of chunks) amount[kind === "metrics" ? "points" : "requests"] += count;
  return amount;
}
