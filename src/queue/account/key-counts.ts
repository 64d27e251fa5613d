import type { MetricColumns } from "../chunk/columns.ts";
import type { ReceiptLine } from "../types.ts";

/** Calls by kind and key, as receipts count them. */
export type KeyCounts = readonly (readonly [kind: ReceiptLine["kind"], key: string, calls: number])[];

/** How many points of each key there are. */
export function keyCounts({ count, keys, key }: MetricColumns): KeyCounts {
  const calls = new Uint32Array(keys.length);
  for (let row = 0; row < count; row++) calls[key[row]!]!++;
  return keys.flatMap((name, n) => (calls[n]! > 0 ? [["metric", name, calls[n]!] as const] : []));
}
