import { describe, expect, test } from "vitest";
import { compareWithRecording, replay } from "../../golden/replay/replay.ts";
import { readRecording, readScenarios } from "../../golden/replay/scenario.ts";
import { Chance } from "../world/chance.ts";
import { Oracle } from "./oracle.ts";
import { newRunId } from "./run-id.ts";
import type { Acts } from "./write-metrics.ts";

const recordings = [
  ["3.17", "3.17.2", ["04", "05", "06", "07", "08", "09", "10", "11"]],
  ["2.22", "2.22.5", ["08", "10"]],
] as const satisfies readonly (readonly [Acts, string, readonly string[]])[];

describe("Oracle answers as recorded MLflow", () => {
  for (const [acts, version, numbers] of recordings) {
    for (const scenario of readScenarios(numbers)) {
      test(`${version} in scenario ${scenario.name}`, async () => {
        const chance = new Chance(1, scenario.name);
        const oracle = new Oracle(
          acts,
          () => Date.now(),
          () => newRunId(chance),
        );
        const fetch = async (request: Request): Promise<Response> => {
          const { pathname, search } = new URL(request.url);
          const body = new Uint8Array(await request.arrayBuffer());
          const { status, type, text } = oracle.handle({ method: request.method, path: pathname + search, body });
          return new Response(text, { status, headers: { "content-type": type } });
        };
        const found = compareWithRecording(
          scenario.name,
          readRecording(version, scenario.name),
          await replay(fetch, scenario),
        );
        expect([...found]).toEqual([]);
      });
    }
  }
});
