import type { PairWire } from "../wire/types.ts";

/** Pairs as a record; of a key that comes twice the last value counts. */
export function fromPairs(pairs: readonly PairWire[]): Record<string, string> {
  // fromEntries defines own members: a tag named "__proto__" stays a tag.
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

/** A record as pairs; undefined stays undefined. */
export function toPairs(record: Readonly<Record<string, string>> | undefined): PairWire[] | undefined {
  return record && Object.entries(record).map(([key, value]) => ({ key, value }));
}
