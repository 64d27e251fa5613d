import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { createRunTable } from "../../src/tracker/run-table.ts";
import { runData } from "./run-table-fixture.ts";

const whole = { truncated: false, pending: 0 };
const runs = [
  runData({ runName: "a" }, { metrics: { loss: 0.5, acc: 0.9 }, params: { lr: "0.1", units: "9" } }),
  runData({ runName: "b" }, { metrics: { loss: 0.25 }, params: { lr: "1e-3", units: "10" }, tags: { team: "red" } }),
  runData({ runName: "c" }, { metrics: { loss: Number.NaN, acc: 0.95 }, tags: { "mlflow.user": "ada" } }),
  runData({ runName: "d", status: "RUNNING", endTime: undefined }, { metrics: { loss: 0.25 } }),
];
const names = (table: Iterable<{ readonly name: string }>): string[] => [...table].map((row) => row.name);

describe("S1.5 createRunTable() makes rows", () => {
  test("with MLflow's names for the fields, real times and the duration in milliseconds", () => {
    const [row] = createRunTable(runs, whole).rows;
    expect(row?.run_id).toBe("0123456789abcdef0123456789abcdef");
    expect(row?.status).toBe("FINISHED");
    expect(row?.start_time.toISOString()).toBe("2026-01-02T03:04:05.000Z");
    expect(row?.duration).toBe(3000);
  });

  test("where a missing metric is NaN and a missing param or tag is null", () => {
    const rows = createRunTable(runs, whole).rows;
    expect(rows[1]?.["metrics.acc"]).toBeNaN();
    expect(rows[2]?.["params.lr"]).toBeNull();
    expect(rows[0]?.["tags.team"]).toBeNull();
  });

  test("where an open run has no end and the duration NaN", () => {
    const row = createRunTable(runs, whole).rows[3];
    expect(row?.end_time).toBeNull();
    expect(row?.duration).toBeNaN();
  });

  test("that are plain objects, also for keys named like parts of an object", () => {
    const hostile = runData({}, { params: { ["__proto__"]: "x", constructor: "y", toString: "z" } });
    const table = createRunTable([hostile, runData({})], whole);
    expect(table.rows[0]?.["params.__proto__"]).toBe("x");
    expect(table.rows[1]?.["params.constructor"]).toBeNull();
    expect(Object.getPrototypeOf(table.rows[0])).toBe(Object.prototype);
  });

  test("and says what is missing from it", () => {
    const table = createRunTable(runs, { truncated: true, pending: 3 });
    expect([table.truncated, table.pending, table.length]).toEqual([true, 3, 4]);
  });
});

describe("RunTable.best()", () => {
  const table = createRunTable(runs, whole);

  test("finds the lowest and the highest value, and the first of equal ones", () => {
    expect(table.best("loss", "min")?.name).toBe("b");
    expect(table.best("metrics.acc", "max")?.name).toBe("c");
  });

  test("never picks NaN, and gives undefined when no row has a number", () => {
    const nothing = createRunTable([runData({}, { metrics: { loss: Number.NaN } })], whole);
    expect(nothing.best("loss", "min")).toBeUndefined();
    expect(table.filter((row) => row.name === "c").best("loss", "min")).toBeUndefined();
  });

  test.each(["losss", "metrics.losss", "no such metric"])("refuses the metric %j that no row has", (name) => {
    const message = `must be one of metrics.acc, metrics.loss, duration: current value is "${name}"`;
    expect(() => table.best(name, "min")).toThrow(message);
    expect(() => table.bestBy("name", name, "min")).toThrow(message);
  });

  test("takes a metric whose own name starts with metrics.", () => {
    const odd = createRunTable([runData({ runName: "odd" }, { metrics: { "metrics.x": 1 } })], whole);
    expect(odd.best("metrics.x", "max")?.name).toBe("odd");
  });

  test.each(["metric.loss", "Metrics.loss", "data.metrics.loss", "params.loss"])(
    "refuses the metric %j that is there under another name, and says which there are",
    (name) => {
      const call = (): unknown => table.best(name, "min");
      expect(call).toThrow(ValidationError);
      expect(call).toThrow("must be one of metrics.acc, metrics.loss");
      expect(call).toThrow(`current value is "${name}"; use "metrics.loss"`);
      expect(() => table.bestBy("params.units", name, "min")).toThrow(`current value is "${name}"`);
    },
  );

  test.each(["params.lr", "name", "start_time"])("refuses the column %j that is no metric", (name) => {
    expect(() => table.best(name, "min")).toThrow(`current value is "${name}"`);
  });

  test("names twenty metrics at most", () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`m${n}`, n]));
    const wide = createRunTable([runData({}, { metrics: many })], whole);
    expect(() => wide.best("metric.m1", "min")).toThrow(", 10 more, duration: current value");
  });

  test("takes duration, and a metric that is called as a column", () => {
    const called = { duration: 1, name: 5, "val.loss": 2 };
    const odd = createRunTable([runData({ runName: "odd" }, { metrics: called }), runData({})], whole);
    expect(odd.best("duration", "min")?.name).toBe("odd");
    expect(odd.best("name", "max")?.name).toBe("odd");
    expect(() => odd.best("other.val.loss", "max")).toThrow('use "metrics.val.loss"');
    expect(table.best("duration", "max")).toBeDefined();
  });

  test("refuses a goal that is neither min nor max", () => {
    expect(() => table.best("loss", "lowest" as "min")).toThrow(
      'goal as it must be "min" or "max": current value is "lowest"',
    );
  });
});

describe("RunTable.sort() and filter()", () => {
  const table = createRunTable(runs, whole);

  test("sort by a metric with NaN last in both directions and equal rows in their order", () => {
    expect(names(table.sort("metrics.loss"))).toEqual(["b", "d", "a", "c"]);
    expect(names(table.sort("metrics.loss", "desc"))).toEqual(["a", "b", "d", "c"]);
  });

  test("sort() refuses a direction that is none, also one that is written as filters write it", () => {
    expect(() => table.sort("metrics.loss", "DESC" as "desc")).toThrow(
      'the direction must be "asc" or "desc": current value is "DESC"',
    );
  });

  test("sort params that are numbers as numbers", () => {
    expect(names(table.sort("params.units"))).toEqual(["a", "b", "c", "d"]);
    expect(names(table.sort("params.lr"))).toEqual(["b", "a", "c", "d"]);
  });

  test("sort by an own comparison, and leave the first table as it was", () => {
    expect(names(table.sort((a, b) => (a.name < b.name ? 1 : -1)))).toEqual(["d", "c", "b", "a"]);
    expect(names(table)).toEqual(["a", "b", "c", "d"]);
  });

  test.each(["metrics.losss", "metrics.*"] as const)("sort() refuses the column %j that no row has", (column) => {
    expect(() => table.sort(column)).toThrow(
      `Cannot sort by a column as it must be one of metrics.acc, metrics.loss: current value is "${column}"`,
    );
  });

  test.each(["metrics.loss < 1", undefined])("filter() refuses %j, which is no function", (keep) => {
    const call = (): unknown => table.filter(keep as never);
    expect(call).toThrow(ValidationError);
    expect(call).toThrow(`keep must be a function such as (row) => row["metrics.loss"] < 1: current value is`);
    expect(call).toThrow("searchRuns({ filter })");
  });

  test("filter keeps what the function says, also by columns that are not selected", () => {
    const kept = table.select("name").filter((row) => Number(row["metrics.loss"]) < 0.4);
    expect(kept.rows).toEqual([{ name: "b" }, { name: "d" }]);
  });
});

describe("RunTable.select()", () => {
  const table = createRunTable(runs, whole);

  test("narrows rows to the columns asked for, in that order", () => {
    expect(Object.entries(table.select("params.lr", "name").rows[0] ?? {})).toEqual([
      ["params.lr", "0.1"],
      ["name", "a"],
    ]);
  });

  test("takes a whole kind by its pattern, each column once", () => {
    expect(table.select("name", "metrics.loss", "metrics.*").columns).toEqual(["name", "metrics.loss", "metrics.acc"]);
  });

  test("takes what begins with a pattern", () => {
    const both = createRunTable([runData({}, { metrics: { "summary.loss": 1, "summary.acc": 2, loss: 3 } })], whole);
    expect(both.select("metrics.summary.*").rows).toEqual([{ "metrics.summary.acc": 2, "metrics.summary.loss": 1 }]);
    expect(both.select("params.none.*").columns).toEqual([]);
  });

  test("refuses a key that no row has with those of its kind, or with all when there are none", () => {
    expect(() => table.select("metrics.losss")).toThrow(
      'Cannot select a column as it must be one of metrics.acc, metrics.loss: current value is "metrics.losss"',
    );
    expect(() => table.select("params.loss")).toThrow('use "metrics.loss"');
    const bare = createRunTable([runData({})], whole);
    expect(() => bare.select("params.lr")).toThrow("must be one of run_id, experiment_id, name");
  });

  test("names twenty columns of a kind at most", () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, "x"]));
    const wide = createRunTable([runData({}, { params: many })], whole);
    expect(() => wide.select("params.none")).toThrow(", 10 more: current value");
  });

  test("refuses to show no column at all", () => {
    expect(() => table.select()).toThrow('must name one or more, such as select("name", "metrics.*")');
  });

  test("refuses a column that no run could have, and names those it could", () => {
    expect(() => table.select("metric.loss" as "name")).toThrow(
      /must be one of run_id, .*metrics\.<key>.*"metric\.loss"; use "metrics\.loss"/,
    );
    expect(() => table.select("nope" as "name")).toThrow(ValidationError);
  });

  test("sort() refuses it too", () => {
    expect(() => table.sort("nope" as "name")).toThrow(ValidationError);
    expect(() => table.sort("loss" as "name")).toThrow('current value is "loss"; use "metrics.loss"');
  });
});

describe("A RunTable without rows", () => {
  const tables = [
    ["of a search that found none", createRunTable([], whole)],
    ["whose rows were filtered out", createRunTable(runs, whole).filter(() => false)],
  ] as const;

  test.each(tables)("%s takes every key, as none can be told from a typo", (_, table) => {
    expect(table.best("later", "min")).toBeUndefined();
    expect(table.bestBy("params.later", "later", "min").rows).toEqual([]);
    expect(table.group("params.later").size).toBe(0);
    expect(table.sort("metrics.later").rows).toEqual([]);
    expect(table.select("name", "metrics.later").columns).toEqual(["name", "metrics.later"]);
  });
});

describe("RunTable.group() and bestBy()", () => {
  const table = createRunTable(runs, whole);

  test("S1.5 give a table or the best row for each value, in the order in which the values come", () => {
    const groups = table.group("metrics.loss");
    expect([...groups].map(([value, group]) => [value, names(group)])).toEqual([
      [0.5, ["a"]],
      [0.25, ["b", "d"]],
      [Number.NaN, ["c"]],
    ]);
    expect(names(table.bestBy("metrics.loss", "acc", "max"))).toEqual(["a", "c"]);
    expect(names(table.bestBy((row) => row.status, "loss", "min"))).toEqual(["b", "d"]);
  });

  test("S1.5 take equal times as one value, and null as one", () => {
    expect([...table.group("start_time").keys()]).toHaveLength(1);
    expect([...table.group("params.lr").keys()]).toEqual(["0.1", "1e-3", null]);
  });

  test("S1.5 refuse a column that no row could have, and a wrong goal", () => {
    expect(() => table.group("loss" as "name")).toThrow("Cannot group by a column");
    expect(() => table.group("params.never")).toThrow("must be one of params.lr, params.units: current value");
    expect(() => table.bestBy("params.never", "loss", "min")).toThrow("Cannot group by a column");
    expect(() => table.bestBy("name", "loss", "least" as "min")).toThrow('must be "min" or "max"');
  });
});

describe("RunTable as data", () => {
  const table = createRunTable(runs, whole);

  test("toColumns() gives arrays of one length", () => {
    expect(table.select("name", "metrics.acc", "params.lr").toColumns()).toEqual({
      name: ["a", "b", "c", "d"],
      "metrics.acc": [0.9, Number.NaN, 0.95, Number.NaN],
      "params.lr": ["0.1", "1e-3", null, null],
    });
  });

  test("toCSV() quotes what needs it and tells an empty text from nothing", () => {
    const hostile = createRunTable(
      [
        runData({ runName: 'say "hi",\nthen' }, { metrics: { m: 1 / 3 }, params: { p: "" } }),
        runData({ runName: " x" }),
      ],
      whole,
    );
    const csv = hostile.select("name", "start_time", "metrics.m", "params.p").toCSV();
    expect(csv).toBe(
      'name,start_time,metrics.m,params.p\n"say ""hi"",\nthen",2026-01-02T03:04:05.000Z,0.3333333333333333,""\n" x",2026-01-02T03:04:05.000Z,,\n',
    );
  });

  test("toCSV() for a spreadsheet runs no formula, and leaves numbers numbers", () => {
    const texts = ["=1+1", "+x", "-1.5", "-x", "@sum", "\t=1", " =2", "＝3", "1e-5", "plain, text"];
    const params = Object.fromEntries(texts.map((text, index) => [`p${index}`, text]));
    const table = createRunTable([runData({ runName: "=cmd|' /C calc'!A0" }, { params })], whole).select(
      "name",
      "params.*",
    );
    const row = (csv: string): string => csv.split(/\r?\n/)[1] ?? "";
    expect(row(table.toCSV({ spreadsheet: true }))).toBe(
      "'=cmd|' /C calc'!A0,'=1+1,'+x,-1.5,'-x,'@sum,'\t=1,' =2,'＝3,1e-5,\"plain, text\"",
    );
    expect(table.toCSV({ spreadsheet: true })).toMatch(/^\ufeffname,.*\r\n.*\r\n$/s);
    expect(row(table.toCSV())).toContain("=1+1,+x,-1.5");
  });

  test("toJSONLines() writes NaN as null and an infinity as text", () => {
    const rows = createRunTable([runData({ runName: "x" }, { metrics: { a: Number.NaN, b: -Infinity } })], whole);
    expect(rows.select("name", "metrics.*").toJSONLines()).toBe(
      '{"name":"x","metrics.a":null,"metrics.b":"-Infinity"}\n',
    );
  });

  test("JSON.stringify() writes the rows", () => {
    expect(JSON.parse(JSON.stringify(table.select("name")))).toEqual([
      { name: "a" },
      { name: "b" },
      { name: "c" },
      { name: "d" },
    ]);
  });
});
