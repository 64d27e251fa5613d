import { desc, op, table as arqueroTable } from "arquero";
import polars from "nodejs-polars";
import { describe, expect, test } from "vitest";
import { createRunTable } from "../../src/tracker/run-table.ts";
import { runData } from "../../test/tracker/run-table-fixture.ts";

// Both libraries are installed with the runtimes, as one of them weighs 100 MB.
const table = createRunTable(
  [
    runData({ runName: "a" }, { metrics: { loss: 0.5 }, params: { lr: "0.1", model: "cnn" }, tags: { team: "red" } }),
    runData(
      { runName: "b", endTime: undefined, status: "RUNNING" },
      { metrics: { acc: 0.9 }, params: { model: "cnn" } },
    ),
    runData({ runName: "c" }, { metrics: { loss: 0.25, acc: 0.8 }, params: { lr: "0.2", model: "mlp" } }),
  ],
  { truncated: false, pending: 0 },
);

describe("RunTable.toColumns()", () => {
  test("S1.5 is a table of Arquero, with NaN, null and times as they are", () => {
    const frame = arqueroTable(table.toColumns());
    expect([frame.numRows(), frame.columnNames()]).toEqual([3, [...table.columns]]);
    expect(frame.array("metrics.loss")).toEqual([0.5, Number.NaN, 0.25]);
    expect(frame.array("params.lr")).toEqual(["0.1", null, "0.2"]);
    expect(frame.get("start_time", 0)).toEqual(table.rows[0]?.start_time);
    expect(frame.get("end_time", 1)).toBeNull();
    const best = frame.groupby("params.model").rollup({ best: op.max("metrics.acc"), runs: op.count() });
    expect(best.orderby(desc("best")).objects()).toEqual([
      { "params.model": "cnn", best: 0.9, runs: 2 },
      { "params.model": "mlp", best: 0.8, runs: 1 },
    ]);
  });

  test("S1.5 is a data frame of nodejs-polars, with a type for each column", () => {
    const frame = polars.DataFrame(table.toColumns());
    expect([frame.height, frame.columns]).toEqual([3, [...table.columns]]);
    const types = Object.fromEntries(frame.columns.map((name) => [name, String(frame.getColumn(name).dtype)]));
    expect(types).toMatchObject({
      name: expect.stringContaining("String"),
      start_time: expect.stringContaining("Datetime"),
      end_time: expect.stringContaining("Datetime"),
      duration: expect.stringContaining("Float64"),
      "metrics.loss": expect.stringContaining("Float64"),
      "params.lr": expect.stringContaining("String"),
    });
    expect(frame.getColumn("params.lr").nullCount()).toBe(1);
    expect(frame.getColumn("metrics.loss").toArray()).toEqual([0.5, Number.NaN, 0.25]);
    // Polars takes NaN for the greatest of numbers.
    expect(frame.sort("metrics.acc").getColumn("name").toArray()).toEqual(["c", "b", "a"]);
    expect(
      frame
        .filter(polars.col("params.lr").eq(polars.lit("0.2")))
        .getColumn("name")
        .toArray(),
    ).toEqual(["c"]);
  });

  test("S1.5 of no runs at all is an empty frame of both", () => {
    const none = table.filter(() => false).toColumns();
    expect(arqueroTable(none).numRows()).toBe(0);
    expect(polars.DataFrame(none).height).toBe(0);
  });
});
