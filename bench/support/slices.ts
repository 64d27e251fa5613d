import { median } from "./race.ts";

/** One way of doing the same small work, and the milliseconds that a slice of it took. */
export type Slice = () => number;

/** Median of the first way's time, and of each way's time divided by the first way's in the same round. */
export interface SliceResult {
  readonly milliseconds: number;
  readonly ratio: number;
}

/**
 * Runs slices that are shorter than the time a scheduler gives to a process in turn, many times: where others use the same
 * processors, most rounds are not disturbed at all, and medians do not see the rest.
 */
export async function compareSlices(
  ways: readonly Slice[],
  rounds: number,
  between: (round: number) => Promise<unknown>,
): Promise<SliceResult[]> {
  const times = ways.map((): number[] => []);
  for (let round = -rounds / 5; round < rounds; round++) {
    const taken = ways.map((way) => way());
    if (round >= 0) for (const [index, time] of taken.entries()) times[index]?.push(time);
    await between(round);
  }
  const first = times[0] ?? [];
  return times.map((own) => ({
    milliseconds: median(own),
    ratio: median(own.map((time, round) => time / (first[round] ?? Number.NaN))),
  }));
}
