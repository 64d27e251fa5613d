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

  test("each of the fourteen faults that it must catch", () => {
    expect(mutants.length).toBe(14);
  });
});

/** How many seeds it takes until one fails with a mutant, and not without it. */
async function firstCaught(mutant: (typeof mutants)[number]): Promise<number> {
  const { from = 0 } = mutant;
  for (let tried = 0; tried < MOST; tried++) {
    const { violations } = await simulate(from + tried, { mutant });
    if (violations.length > 0 && (await simulate(from + tried)).violations.length === 0) return tried;
  }
  return MOST;
}
