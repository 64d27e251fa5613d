import { type MetricColumns, pickRows } from "./columns.ts";

/** How waiting points make room when there is no more: every second step goes, or all of them. */
export type WhenFull = "decimate" | "drop-oldest-metrics" | "block";

/** Splits points into what stays and what goes when room is short; undefined `kept` when nothing stays. */
export function thin(
  columns: MetricColumns,
  whenFull: WhenFull,
): { readonly kept: MetricColumns | undefined; readonly gone: MetricColumns } {
  // Parity is that of the rank, not of the step, so that steps counted in hundreds are thinned as well.
  const stays = new Set<number>();
  let rank = 0;
  const steps = columns.step.slice(0, columns.count).sort();
  for (const [n, step] of steps.entries()) if (step !== steps[n - 1] && rank++ % 2 === 0) stays.add(step);
  if (whenFull !== "decimate" || rank < 2) return { kept: undefined, gone: columns };
  return {
    kept: pickRows(columns, (row) => stays.has(columns.step[row]!)),
    gone: pickRows(columns, (row) => !stays.has(columns.step[row]!)),
  };
}

/**
 * Chunks with more points than this are next: any that has some, or, so that what is left is equally dense at all
 * times, half the most that one has.
 */
export function denserThan(counts: readonly number[], whenFull: WhenFull): number {
  return whenFull === "decimate" ? counts.reduce((most, count) => Math.max(most, count), 0) / 2 : 0;
}

/** The option that bounds a queue. */
export type Bound = "maxMemoryBytes" | "maxStoredBytes";

/** One sentence on what went, the first of many, as no others are told: with its steps and what helps, or why it must go. */
export function dropMessage({ step, count }: MetricColumns, bound: Bound, why?: string): string {
  const steps = step.slice(0, count).sort();
  return `Points are dropped as the queue is full, now ${count} of steps ${steps[0]} to ${steps.at(-1)}: ${why ?? `raise delivery.${bound}, log less often or mend the connection; receipts count them`}`;
}
