import { describe, expect, test } from "vitest";
import { mutants } from "./mutants.ts";
import { simulate } from "./simulate.ts";

const MOST = 300;

describe("the simulator catches a queue with", () => {
  for (const mutant of mutants) {
    test(mutant.name, async () => {
      expect(await firstCaught(mutant)).toBeLessThan(MOST);
    }, 300_000);
  }

  test("each of the thirteen faults that it must catch", () => {
    expect(mutants.length).toBe(13);
  });
});

/** The first seed that fails with a mutant, and not without it. */
async function firstCaught(mutant: (typeof mutants)[number]): Promise<number> {
  for (let seed = 0; seed < MOST; seed++) {
    const { violations } = await simulate(seed, { mutant });
    if (violations.length > 0 && (await simulate(seed)).violations.length === 0) return seed;
  }
  return MOST;
}
