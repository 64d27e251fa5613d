import type { KeyCounts } from "./key-counts.ts";
import type { ReceiptLine } from "../types.ts";

/** What became of calls that were stored. */
export type Fate = "acknowledged" | "dropped" | "quarantined";

/** What became of the calls of one kind and key. */
export type FateLine = readonly [
  kind: ReceiptLine["kind"],
  key: string,
  acknowledged: number,
  dropped: number,
  quarantined: number,
];

const places: Readonly<Record<Fate, 2 | 3 | 4>> = { acknowledged: 2, dropped: 3, quarantined: 4 };

/** Counts calls to their fate or, when they come back from one, away from it. */
export function addFates(
  before: readonly FateLine[] | undefined,
  counts: KeyCounts,
  fate: Fate | undefined,
  from?: Fate,
): readonly FateLine[] {
  const lines = new Map((before ?? []).map((line) => [nameOf(line), [...line] as Writable]));
  for (const [kind, key, calls] of counts) {
    // Not logged by anybody: the library's own tag.
    if (calls === 0) continue;
    const name = nameOf([kind, key]);
    const line = lines.get(name) ?? [kind, key, 0, 0, 0];
    if (fate) line[places[fate]] += calls;
    if (from) line[places[from]] = Math.max(0, line[places[from]] - calls);
    lines.set(name, line);
  }
  return [...lines.values()];
}

type Writable = [kind: ReceiptLine["kind"], key: string, acknowledged: number, dropped: number, quarantined: number];

function nameOf([kind, key]: readonly [kind: string, key: string, ...unknown[]]): string {
  return `${kind} ${key}`;
}
