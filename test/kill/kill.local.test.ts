import { describe, expect, test } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { killProcesses } from "./kill-suite.ts";
import { commandOf, type KilledRuntime } from "./runtimes.ts";

const command = commandOf(detectRuntime() as KilledRuntime);

// The long form is `npm run test:kill`.
describe("A queue file whose processes are killed", () => {
  test("F31 F32 has delivered once what was durable, when they died in every phase", { timeout: 90_000 }, async () => {
    const { hits, problems } = await killProcesses({ command, seed: 31, each: 1, random: 2, pace: 5 });
    expect(problems).toEqual([]);
    for (const phase of ["a", "b", "c", "d", "e"] as const) expect([phase, hits[phase]]).not.toEqual([phase, 0]);
  });
});
