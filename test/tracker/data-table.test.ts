import { describe, expect, test } from "vitest";
import type { Resources } from "../../src/client/resources.ts";
import type { MetricPoint, RunData } from "../../src/client/types/entities.ts";
import { runData } from "./run-table-fixture.ts";
import { bench } from "./test-core.ts";

const id = (letter: string): string => letter.repeat(32);
const point = (step: number, value: number): MetricPoint => ({ key: "loss", step, value, timestamp: 1000 + step });

/** A tracker on a server that holds these runs, each with the same history of `loss`. */
function tracker(...runs: RunData[]): ReturnType<typeof bench>["tracker"] {
  const client = {
    runs: {
      get: async (runId: string) => {
        const found = runs.find(({ info }) => info.runId === runId);
        if (found === undefined) throw new Error(`no run ${runId}`);
        return found;
      },
    },
    metrics: { history: () => ({ all: async () => [point(0, 2), point(1, Number.NaN)] }) },
  };
  return bench({}, client as unknown as Partial<Resources>).tracker;
}

const a = runData(
  { runId: id("a"), runName: "one" },
  { metrics: { loss: 1, acc: 0.5 }, params: { lr: "0.1", seed: "7" }, tags: { team: "red", "mlflow.user": "ada" } },
);
const b = runData(
  { runId: id("b"), runName: "two", status: "FAILED" },
  { metrics: { loss: 2 }, params: { lr: "0.2", seed: "7", batch: "8" }, tags: { team: "red" } },
);

describe("compareRuns()", () => {
  test("S2.8 puts what differs first, and of that params before metrics, status and tags", async () => {
    const table = await tracker(a, b).compareRuns([id("a"), id("b")]);
    expect(table.columns).toEqual(["field", "differs", "one", "two"]);
    expect(table.rows.map((row) => [row.field, row.differs, row["one"], row["two"]])).toEqual([
      ["params.batch", true, null, "8"],
      ["params.lr", true, "0.1", "0.2"],
      ["metrics.acc", true, 0.5, Number.NaN],
      ["metrics.loss", true, 1, 2],
      ["status", true, "FINISHED", "FAILED"],
      ["params.seed", false, "7", "7"],
      ["tags.team", false, "red", "red"],
    ]);
  });

  test("S2.8 names runs of one name, or of the name of a column, by their ids as well", async () => {
    const same = ["aaaaaaaa1", "aaaaaaaa2", "c"].map((start) =>
      runData({ runId: start.padEnd(32, "0"), runName: "x" }),
    );
    const odd = ["field", "__proto__"].map((runName, n) =>
      runData({ runId: id(String(n)), runName }, { params: { p: "v" } }),
    );
    const runs = [...same, ...odd];
    const table = await tracker(...runs).compareRuns([...runs, runs[0] as RunData].map(({ info }) => info.runId));
    expect(table.columns.slice(2)).toEqual([
      `x (${"aaaaaaaa1".padEnd(32, "0")})`,
      `x (${"aaaaaaaa2".padEnd(32, "0")})`,
      "x (c0000000)",
      "field (00000000)",
      "__proto__",
    ]);
    expect(table.rows.map((row) => Object.keys(row).length)).toEqual(table.rows.map(() => 7));
  });

  test("S2.8 refuses an empty list, and passes on that a run is missing", async () => {
    await expect(tracker().compareRuns([])).rejects.toThrow("must be a list of one or more: current value is []");
    await expect(tracker().compareRuns("a" as never)).rejects.toThrow('current value is "a"');
    await expect(tracker(a).compareRuns([id("a"), id("f")])).rejects.toThrow("no run");
  });
});

describe("getMetricHistories()", () => {
  test("S1.5 is a table with a row for each value, of all metrics or those named", async () => {
    const histories = await tracker(a, b).getMetricHistories([id("a"), id("b")], ["loss", "never"]);
    expect(histories.toColumns()).toEqual({
      run_id: [id("a"), id("a"), id("b"), id("b")],
      name: ["one", "one", "two", "two"],
      key: ["loss", "loss", "loss", "loss"],
      step: [0, 1, 0, 1],
      timestamp: [new Date(1000), new Date(1001), new Date(1000), new Date(1001)],
      value: [2, Number.NaN, 2, Number.NaN],
    });
    expect((await tracker(a).getMetricHistories(id("a"))).rows.map((row) => row.key)).toEqual([
      "acc",
      "acc",
      "loss",
      "loss",
    ]);
    await expect(tracker(a).getMetricHistories(id("a"), [1] as never)).rejects.toThrow("keys must be texts");
  });

  test("S1.5 sorts, filters, shows and writes itself", async () => {
    const table = await tracker(a).getMetricHistories(id("a"), "loss");
    expect(table.sort("value", "desc").rows.map((row) => row.step)).toEqual([0, 1]);
    expect(table.sort((x, y) => y.step - x.step).rows.map((row) => row.step)).toEqual([1, 0]);
    expect(table.filter((row) => row.step > 0)).toHaveLength(1);
    expect(() => table.sort("steps")).toThrow(
      'must be one of run_id, name, key, step, timestamp, value: current value is "steps"',
    );
    expect(() => table.filter("value > 1" as never)).toThrow(
      /keep must be a function .*: current value is "value > 1"$/,
    );
    expect(table.toCSV()).toBe(
      `run_id,name,key,step,timestamp,value\n${id("a")},one,loss,0,1970-01-01T00:00:01.000Z,2\n${id("a")},one,loss,1,1970-01-01T00:00:01.001Z,\n`,
    );
    expect(table.toString().split("\n")[0]).toMatch(/^name +key +step +timestamp +value$/);
    expect(table.toHTML()).toContain("<caption>2 values</caption>");
    expect(table.filter(() => false).toString()).toBe("no values");
    expect([...table].length).toBe(JSON.parse(JSON.stringify(table)).length);
  });
});
