import { describe, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { createMlflowMock } from "../../mocks/index.ts";
import { platformClock } from "../../src/runtime/platform-clock.ts";
import type { Clock } from "../../src/runtime/ports/clock.ts";
import { createServer, memoryArtifacts } from "../../src/server/index.ts";
import { compareWithRecording, replay } from "./replay/replay.ts";
import { readAllowed, readRecording, readScenarios } from "./replay/scenario.ts";

const version = "3.17.2";
const numbers = "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 26".split(" ");
const allowed = new Map(readAllowed().map(({ step, reason }) => [step, reason]));

describe("the embedded server answers as MLflow 3.17.2", () => {
  for (const scenario of readScenarios(numbers)) {
    test(`in scenario ${scenario.name}, ${scenario.steps.length} steps, but for the allowed differences`, async () => {
      const server = createServer({ database: ":memory:", artifacts: memoryArtifacts(), clock: tickingClock() });
      try {
        await use(server.fetch);
        const found = compareWithRecording(
          scenario.name,
          readRecording(version, scenario.name),
          await replay(server.fetch, scenario),
        );
        const expected = [...allowed.keys()].filter((step) => step.startsWith(`${scenario.name} / `));
        const unexpected = [...found].filter(([step]) => !allowed.has(step));
        expect(unexpected).toEqual([]);
        // An entry that no longer differs must go.
        expect([...found.keys()].sort()).toEqual(expected.sort());
      } finally {
        server.close();
      }
    });
  }
});

describe("a mock that acts as MLflow 2.22 answers as MLflow 2.22.5", () => {
  for (const scenario of readScenarios(["08", "10", "15"])) {
    test(`in scenario ${scenario.name}, without a difference`, async () => {
      const mock = createMlflowMock({ actAs: "2.22" });
      const found = compareWithRecording(
        scenario.name,
        readRecording("2.22.5", scenario.name),
        await replay(mock.fetch, scenario),
      );
      expect([...found]).toEqual([]);
    });
  }
});

describe("allowed.json", () => {
  test("holds at most 80 differences, none where data could be lost or sorted wrongly", () => {
    expect(allowed.size).toBeLessThanOrEqual(80);
    expect([...allowed.keys()].filter((step) => /^(08|10|14|15)-/u.test(step))).toEqual([]);
  });

  test("names a heading of docs/differences.md for each", () => {
    const text = readFileSync(new URL("../../docs/differences.md", import.meta.url), "utf8");
    const headings = [...text.matchAll(/^#+ (.+)$/gmu)].map(([, heading = ""]) => heading);
    const unexplained = [...allowed].filter(([, reason]) => !headings.some((heading) => reason.startsWith(heading)));
    expect(unexplained).toEqual([]);
  });
});

/** Makes an experiment, as the servers that were recorded had some: one scenario asks for the experiment of id 1. */
async function use(fetch: (request: Request) => Promise<Response>): Promise<void> {
  const body = JSON.stringify({ name: "made before" });
  const headers = { "content-type": "application/json" };
  await fetch(new Request("http://localhost/api/2.0/mlflow/experiments/create", { method: "POST", body, headers }));
}

/** Moves at every look: in process two experiments are made within a millisecond, which leaves their order open. */
function tickingClock(): Clock {
  let last = 0;
  const now = (): number => {
    last = Math.max(Date.now(), last + 1);
    return last;
  };
  return { ...platformClock, now };
}
