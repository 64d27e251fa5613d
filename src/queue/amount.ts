import type { ChunkHeader } from "./chunk/stored-chunk.ts";
import type { Amount } from "./types.ts";

/** An amount that counts on. */
export type Count = { -readonly [K in keyof Amount]: number };

/** What a chunk counts as. */
export function amountOf({ kind, count }: Pick<ChunkHeader, "kind" | "count">): Amount {
  return kind === "metrics" ? { points: count, requests: 0 } : { points: 0, requests: count };
}

/** Adds to an amount in place. */
export function add(to: Count, amount: Amount, sign = 1): void {
  to.points += sign * amount.points;
  to.requests += sign * amount.requests;
}

/** Points and requests together. */
export function total(amount: Amount | undefined): number {
  return amount ? amount.points + amount.requests : 0;
}

/** Of each the smaller number. */
export function least(a: Amount, b: Amount): Amount {
  return { points: Math.min(a.points, b.points), requests: Math.min(a.requests, b.requests) };
}
