/** One way of doing the work; `run` gives the milliseconds that count (what it sets up and cleans up does not). */
export interface Contestant {
  readonly name: string;
  run(): Promise<number> | number;
}

/** Medians over the rounds of one race. */
export interface RaceResult {
  readonly name: string;
  /** Median milliseconds of a round. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Median over the rounds of (first contestant's time / this one's time): above 1 means faster than the first. */
  readonly speed: number;
}

/** Middle value; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Runs the contestants in turn, round by round, after one round that does not count. The ratio is taken within a round,
 * so that a machine whose speed drifts does not favour whoever ran at the better moment.
 */
export async function race(contestants: readonly Contestant[], rounds: number): Promise<RaceResult[]> {
  const times = contestants.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      const time = await contestant.run();
      if (round >= 0) times[index]?.push(time);
    }
  }
  const first = times[0] ?? [];
  return contestants.map(({ name }, index) => {
    const own = times[index] ?? [];
    return {
      name,
      median: median(own),
      least: Math.min(...own),
      most: Math.max(...own),
      speed: median(own.map((time, round) => (first[round] ?? Number.NaN) / time)),
    };
  });
}
