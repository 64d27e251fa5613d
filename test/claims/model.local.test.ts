import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClaimLostError } from "../../src/claims/claim-lost-error.ts";
import { claimOn } from "../../src/claims/claim-on.ts";
import { claimSettings } from "../../src/claims/claim-options.ts";
import { isNetworkError } from "../../src/errors/index.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { IncompleteAttemptError } from "../../src/claims/incomplete-attempt-error.ts";
import { ModelServer, PARTS, placeOf, ProgramClock } from "./model-world.ts";

const LEASE = 10_000;
const options = { lease: LEASE, timeout: 1000 };

interface Program {
  readonly id: number;
  readonly clock: ProgramClock;
  /** What each round of its work does, from 0 to 1. */
  readonly mood: () => number;
  holds: boolean;
}

/** What was seen of one random schedule. */
interface Seen {
  /** Results that a program was told are the committed one. */
  readonly results: Set<string>;
  /** Most programs at once that could act on their claim. */
  holders: number;
  readonly faults: unknown[];
}

/** Wants the result until there is one: claims, works for a while, commits, gives back, is stopped, or dies. */
async function work(server: ModelServer, program: Program, all: readonly Program[], seen: Seen): Promise<void> {
  const random = seededRandom(program.id * 7919 + 1);
  for (;;) {
    const place = placeOf(server, program.clock, random);
    try {
      const result = await claimOn(place, claimSettings({ ...options, wait: 30_000 }));
      if (result.state === "committed") return void seen.results.add(result.runId);
      if (result.state === "busy") continue;
      program.holds = true;
      result.signal.addEventListener("abort", () => {
        program.holds = false;
      });
      seen.holders = Math.max(seen.holders, all.filter((other) => other.holds && !other.clock.stopped).length);
      try {
        const rounds = Math.floor(program.mood() * 6);
        for (let round = 0; round < rounds && !result.signal.aborted; round++) {
          await new Promise<void>((resolve) => program.clock.after(1500, resolve));
          if (program.mood() < 0.15) program.clock.stop(program.mood() * 4 * LEASE);
          if (program.mood() < 0.1) program.clock.jump((program.mood() - 0.5) * 100 * LEASE);
        }
        const end = program.mood();
        if (end < 0.15) {
          // Dies: what it was is followed by a program that knows nothing of it. Its beats end.
          program.clock.stop(20 * LEASE);
          continue;
        }
        if (end < 0.3) {
          program.holds = false;
          await result.release({ timeout: 1000 });
        } else {
          const tags = { spoiled: program.mood() < 0.2 ? "yes" : "no" };
          const attempt = result.startAttempt({ name: `${program.id}.${result.generation}`, tags });
          // What could not be delivered is tried again, as long as the claim is ours.
          const { runId } = await stubbornly(program, () => result.commit(attempt, { timeout: 1000 }));
          seen.results.add(runId);
          return;
        }
      } finally {
        program.holds = false;
        // Whatever went wrong: a claim that nobody works on must not be kept alive.
        await result.release({ timeout: 1000 });
      }
    } catch (error) {
      const isForeseen = error instanceof ClaimLostError || error instanceof IncompleteAttemptError;
      if (!isForeseen && !isNetworkError(error)) seen.faults.push(error);
      await new Promise<void>((resolve) => program.clock.after(500, resolve));
    }
  }
}

/** Once more after a network error. */
async function stubbornly<T>(program: Program, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isNetworkError(error)) throw error;
    await new Promise<void>((resolve) => program.clock.after(500, resolve));
    return work();
  }
}

describe("claims, over random schedules,", () => {
  test("have one committed result, which is whole, one holder at a time, and come to an end when the storm is over", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.integer({ min: 2, max: 5 }),
        async (seed, count) => {
          const random = seededRandom(seed);
          const server = new ModelServer(random);
          const programs = Array.from(
            { length: count },
            (_, id): Program => ({
              id: id + 1,
              clock: new ProgramClock(server.clock, random.fraction() * 1e6),
              mood: () => random.fraction(),
              holds: false,
            }),
          );
          const seen: Seen = { results: new Set(), holders: 0, faults: [] };
          server.clock.after(20 * LEASE, () => {
            server.faults = 0;
          });
          const done = Promise.all(programs.map((program) => work(server, program, programs, seen)));
          await server.clock.until(done, 1000 * LEASE);
          expect(seen.faults).toEqual([]);
          expect(seen.results.size).toBe(1);
          expect(seen.holders).toBe(1);
          const [result] = seen.results;
          expect([...(server.attempts.get(result as string) ?? [])].sort()).toEqual([...PARTS].sort());
          const generation = server.params["mlflow.tracklet.commit.model"];
          expect(server.params[`mlflow.tracklet.attempt.model.${generation}`]).toBe(result);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
