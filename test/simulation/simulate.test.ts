import { describe, expect, test } from "vitest";
import { simulate } from "./simulate.ts";

/** Fewer operations than `npm run simulate` plays, so that many seeds take little time. */
const short = { operations: 100 };
const SEEDS = 50;

describe("the queue, simulated", () => {
  test(`delivers all once, and says what it does not, in ${SEEDS} short seeds`, async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const { violations } = await simulate(seed, short);
      expect({ seed, violations }).toEqual({ seed, violations: [] });
    }
  }, 60_000);

  test("goes the same way each time that a seed is played", async () => {
    const { fingerprint, hits } = await simulate(7);
    expect(await simulate(7)).toMatchObject({ fingerprint, hits });
    expect((await simulate(8)).fingerprint).not.toBe(fingerprint);
  }, 30_000);
});
