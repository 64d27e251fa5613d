/** Whole numbers from one to another, both with it. */
export type Range = readonly [from: number, to: number];

/** Ranges that are kept apart: beyond that the two nearest become one, with what lies between them. */
const MOST = 256;

/** True when a number lies in one of some ranges. */
export function within(ranges: readonly Range[], value: number): boolean {
  return ranges.some(([from, to]) => from <= value && value <= to);
}

/** Adds a range to others, which are in order and apart, in place. */
export function addRange(ranges: Range[], from: number, to: number): void {
  let at = ranges.length;
  while (at > 0 && ranges[at - 1]![0] > from) at--;
  if (at > 0 && ranges[at - 1]![1] >= from - 1) at--;
  let low = from;
  let high = to;
  let count = 0;
  for (; at + count < ranges.length && ranges[at + count]![0] <= high + 1; count++) {
    low = Math.min(low, ranges[at + count]![0]);
    high = Math.max(high, ranges[at + count]![1]);
  }
  ranges.splice(at, count, [low, high]);
  if (ranges.length > MOST) joinNearest(ranges);
}

function joinNearest(ranges: Range[]): void {
  let nearest = 1;
  const gap = (n: number): number => ranges[n]![0] - ranges[n - 1]![1];
  for (let n = 2; n < ranges.length; n++) if (gap(n) < gap(nearest)) nearest = n;
  ranges.splice(nearest - 1, 2, [ranges[nearest - 1]![0], ranges[nearest]![1]]);
}
