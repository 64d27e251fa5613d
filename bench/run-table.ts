import type { RunData } from "../src/client/types/entities.ts";
import { createRunTable } from "../src/tracker/run-table.ts";
import { printRace } from "./support/print.ts";
import { race } from "./support/race.ts";

const small = 1_000;
const large = 10_000;

/** Finished runs with 20 metrics, 20 params and 2 tags each. */
function runs(count: number): RunData[] {
  const keys = Array.from({ length: 20 }, (_, key) => key);
  return Array.from({ length: count }, (_, n) => ({
    info: {
      runId: n.toString(16).padStart(32, "0"),
      experimentId: "1",
      runName: `run-${n}`,
      userId: "ada",
      status: "FINISHED",
      startTime: 1_700_000_000_000 + n * 1000,
      endTime: 1_700_000_005_000 + n * 1000,
      artifactUri: `mlflow-artifacts:/1/${n}/artifacts`,
      lifecycleStage: "active",
    },
    data: {
      metrics: Object.fromEntries(keys.map((key) => [`metric ${key}`, key / (n + 1)])),
      latestMetrics: [],
      params: Object.fromEntries(keys.map((key) => [`param ${key}`, key % 2 === 0 ? "the same" : String(n)])),
      tags: { "mlflow.user": "ada", team: "red" },
    },
    inputs: { datasets: [], models: [] },
    outputs: { models: [] },
  }));
}

/** What a table of many runs costs to make, to print and to write, and whether ten times the rows cost ten times the time. */
export async function benchRunTable(): Promise<void> {
  const facts = { truncated: false, pending: 0, width: () => 120 };
  const told = new Map([small, large].map((count) => [count, runs(count)]));
  const make = (count: number): ReturnType<typeof createRunTable> => createRunTable(told.get(count) ?? [], facts);
  const tables = new Map([small, large].map((count) => [count, make(count)]));
  const ways: Record<string, (table: ReturnType<typeof createRunTable>, count: number) => unknown> = {
    "makes rows": (_, count) => make(count),
    prints: (table) => table.toString(),
    "sorts by a param": (table) => table.sort("params.param 1", "desc"),
    "groups by a param": (table) => table.group("params.param 1"),
    "writes CSV": (table) => table.toCSV(),
    "writes HTML": (table) => table.toHTML(),
    "gives columns": (table) => table.toColumns(),
  };
  for (const [what, way] of Object.entries(ways)) {
    const contestants = [small, large].map((count) => ({
      name: `${count.toLocaleString("en-US")} rows`,
      run: () => {
        const table = tables.get(count) as ReturnType<typeof createRunTable>;
        const began = performance.now();
        way(table, count);
        return performance.now() - began;
      },
    }));
    const [few, many] = await race(contestants, 5);
    if (few === undefined || many === undefined) continue;
    printRace(
      `A table of runs with 42 keys ${what}: ${(many.median / few.median).toFixed(1)} x the time for 10 x the rows`,
      [many],
      large,
      "row",
    );
  }
}
