import texts from "virtual:golden";
import { describe, expect, test } from "vitest";
import { platformClock } from "../../src/runtime/platform-clock.ts";
import { r2Artifacts } from "../../src/server/artifacts/r2.ts";
import { createServer } from "../../src/server/server.ts";
import { durableObjectDatabase } from "../../src/sql/durable-object.ts";
import { edgeTools } from "../edge/edge-tools.ts";
import { parseExact } from "./replay/exact-json.ts";
import { compareWithRecording, replay } from "./replay/replay.ts";
import type { Allowed, Outcome, Scenario } from "./replay/scenario.ts";

/** Those that only read what JSON and SQL make of requests: the rules about hosts and pages are the same everywhere. */
const numbers = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "13", "14", "15", "17"];

describe("the embedded server in a Durable Object, with a bucket, answers as MLflow 3.17.2", () => {
  const allowed = new Set((read("allowed.json") as Allowed[]).map(({ step }) => step));
  const names = Object.keys(texts).flatMap((path) => /^scenarios\/(.+)\.json$/.exec(path)?.[1] ?? []);
  for (const name of names.filter((name) => numbers.includes(name.slice(0, 2)))) {
    const scenario = read(`scenarios/${name}.json`) as Scenario;
    test(`in scenario ${name}, ${scenario.steps.length} steps, but for the allowed differences`, async () => {
      const { storage, bucket } = await edgeTools();
      let last = 0;
      // Moves at every look: two experiments made within a millisecond would leave their order open.
      const now = (): number => {
        last = Math.max(Date.now(), last + 1);
        return last;
      };
      const { fetch } = createServer({
        database: durableObjectDatabase(storage),
        artifacts: r2Artifacts(bucket, { prefix: `golden/${name}` }),
        clock: { ...platformClock, now },
      });
      const { steps } = read(`recordings/3.17.2/${name}.json`) as { readonly steps: Outcome[] };
      const found = compareWithRecording(name, steps, await replay(fetch, scenario));
      expect([...found].filter(([step]) => !allowed.has(step))).toEqual([]);
    }, 60_000);
  }
});

function read(path: string): unknown {
  return parseExact(texts[path] ?? "null");
}
