import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type SearchServer, searchServer } from "./search-server.ts";

let server: SearchServer;
beforeEach(async () => {
  server = await searchServer();
});
afterEach(() => server.close());

describe("runs/search filters", () => {
  test("takes NaN as unequal to every number and neither above nor below", async () => {
    await server.make([
      { name: "nan", metrics: { m: "NaN" } },
      { name: "one", metrics: { m: 1 } },
    ]);
    for (const [filter, names] of [
      ["metrics.m > -5", ["one"]],
      ["metrics.m < 5", ["one"]],
      ["metrics.m = 0", []],
      ["metrics.m != 0", ["nan", "one"]],
      ["metrics.m != 1", ["nan"]],
    ] as const) {
      expect([filter, (await server.search({ filter, order_by: ["run_name"] })).names]).toEqual([filter, names]);
    }
  });

  test("never matches runs that lack the key, and finds them by IS NULL", async () => {
    await server.make([{ name: "with", params: { p: "a" }, tags: { t: "x" }, metrics: { m: 1 } }, { name: "without" }]);
    for (const filter of ["params.p != 'b'", "tags.t != 'b'", "metrics.m != 5", "params.p LIKE '%'"]) {
      expect([filter, (await server.search({ filter })).names]).toEqual([filter, ["with"]]);
    }
    expect((await server.search({ filter: "params.p IS NULL AND tags.t IS NULL" })).names).toEqual(["without"]);
  });

  test("binds what clients write: quotes, comments and SQL in keys and values change nothing", async () => {
    const nasty = `x' OR 1=1 --; DROP TABLE runs`;
    await server.make([
      { name: "a", params: { "k v": nasty } },
      { name: "b", params: { "k v": "y" } },
    ]);
    expect((await server.search({ filter: `params.\`k v\` = "${nasty}"` })).names).toEqual(["a"]);
    expect((await server.search({ filter: "params.`k') OR 1=1 --` = 'y'" })).names).toEqual([]);
    expect((await server.search({ order_by: ["params.`k') DESC --`"] })).names).toHaveLength(2);
    expect((await server.search({})).names).toHaveLength(2);
  });

  test("takes IN lists of any length, and refuses too many clauses and too long patterns with 400", async () => {
    const ids = await server.make([{ name: "a" }, { name: "b" }]);
    const many = Array.from({ length: 2000 }, (_, at) => `'${at}'`).join(",");
    expect((await server.search({ filter: `run_id IN (${many},'${ids["b"]}')` })).names).toEqual(["b"]);
    const clauses = (count: number): string =>
      Array.from({ length: count }, () => "tags.`mlflow.runName` = 'a'").join(" AND ");
    expect((await server.search({ filter: clauses(90) })).names).toEqual(["a"]);
    expect(await server.search({ filter: clauses(91) })).toMatchObject({
      status: 400,
      errorCode: "INVALID_PARAMETER_VALUE",
    });
    expect(await server.search({ filter: `run_name LIKE '${"a_".repeat(20_000)}'` })).toMatchObject({ status: 400 });
  });

  test("finds runs by the datasets that they used", async () => {
    const ids = await server.make([{ name: "a" }, { name: "b" }, { name: "none" }]);
    for (const [name, context] of [
      ["a", "train"],
      ["b", "eval"],
    ] as const) {
      const dataset = { name: `set-${name}`, digest: `d${name}`, source_type: "local", source: "s" };
      await server.post("runs/log-inputs", {
        run_id: ids[name],
        datasets: [{ dataset, tags: [{ key: "mlflow.data.context", value: context }] }],
      });
    }
    expect((await server.search({ filter: "datasets.name LIKE 'set-%'", order_by: ["run_name"] })).names).toEqual([
      "a",
      "b",
    ]);
    expect((await server.search({ filter: "dataset.digest = 'db'" })).names).toEqual(["b"]);
    expect((await server.search({ filter: "datasets.context IN ('train')" })).names).toEqual(["a"]);
    const found = await server.search({ filter: "datasets.context = 'eval'" });
    expect(JSON.parse(found.text)).toMatchObject({
      runs: [
        {
          inputs: {
            dataset_inputs: [
              { tags: [{ key: "mlflow.data.context", value: "eval" }], dataset: { name: "set-b", digest: "db" } },
            ],
          },
        },
      ],
    });
  });

  test("LIKE is case-sensitive and ILIKE is not, for A to Z; %, _ and no other character is a wildcard", async () => {
    const names = ["a", "A", "ab", "aB", "b*", "b?", "b[c]", "%", "_", "a%b", "é", "É", "aé", "ab\\", "🎉", "a🎉"];
    await server.make(names.map((name) => ({ name })));
    const pattern = fc.array(fc.constantFrom("a", "A", "b", "%", "_", "*", "?", "[", "é", "\\", "🎉"), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        pattern.map((parts) => parts.join("")),
        fc.boolean(),
        async (text, ignoreCase) => {
          const filter = `run_name ${ignoreCase ? "ILIKE" : "LIKE"} "${text}"`;
          const fold = (value: string): string =>
            ignoreCase ? value.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : value;
          const source = [...fold(text)].map((mark) =>
            mark === "%" ? ".*" : mark === "_" ? "." : mark.replace(/[\\*?[\]]/, "\\$&"),
          );
          const expression = new RegExp(`^${source.join("")}$`, "su");
          const found = await server.search({ filter, order_by: ["run_name"] });
          expect([filter, found.names.toSorted()]).toEqual([
            filter,
            names.filter((name) => expression.test(fold(name))).toSorted(),
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("runs/search order", () => {
  test("puts NaN after the numbers and missing keys after NaN, in both directions", async () => {
    await server.make([
      { name: "none" },
      { name: "nan", metrics: { m: "NaN" } },
      { name: "low", metrics: { m: -1 } },
      { name: "high", metrics: { m: "Infinity" } },
    ]);
    expect((await server.search({ order_by: ["metrics.m ASC"] })).names).toEqual(["low", "high", "nan", "none"]);
    expect((await server.search({ order_by: ["metrics.m DESC"] })).names).toEqual(["high", "low", "nan", "none"]);
  });

  test("breaks ties by start time, newest first, then by run id", async () => {
    const ids = await server.make([
      { name: "old", startTime: 1, params: { p: "x" } },
      { name: "new1", startTime: 2, params: { p: "x" } },
      { name: "new2", startTime: 2, params: { p: "x" } },
    ]);
    const newest = ["new1", "new2"].sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
    expect((await server.search({ order_by: ["params.p"] })).names).toEqual([...newest, "old"]);
    expect((await server.search({})).names).toEqual([...newest, "old"]);
  });

  test("refuses the same field twice, also under two names, unknown keys and too many keys", async () => {
    expect(await server.search({ order_by: ["start_time", "created DESC"] })).toMatchObject({
      status: 500,
      errorCode: "INTERNAL_ERROR",
    });
    for (const order of [
      "bogus",
      "metrics.a UP",
      "metrics.a, params.b",
      "",
      "a b c",
      "1",
      "datasets.name",
      "__proto__",
    ]) {
      expect([order, (await server.search({ order_by: [order] })).status]).toEqual([order, 400]);
    }
    const many = Array.from({ length: 51 }, (_, at) => `metrics.m${at}`);
    expect((await server.search({ order_by: many })).status).toBe(400);
    expect((await server.search({ order_by: many.slice(0, 50) })).status).toBe(200);
  });
});

describe("runs/search pages", () => {
  test("show every run once, in order, whatever the size of a page", async () => {
    const names = Array.from({ length: 11 }, (_, at) => `r${String(at).padStart(2, "0")}`);
    await server.make(names.map((name, at) => ({ name, metrics: { m: at % 3 } })));
    for (const size of [1, 2, 5, 10, 11, 12]) {
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const page = await server.search({ order_by: ["run_name"], max_results: size, page_token: token });
        seen.push(...page.names);
        token = page.token;
      } while (token !== undefined);
      expect([size, seen]).toEqual([size, names]);
    }
  });

  test("refuses tokens that no answer gave", async () => {
    await server.make([{ name: "a" }]);
    for (const token of [
      "abc",
      "====",
      "!!!!",
      btoa("[]"),
      btoa('{"offset": -1}'),
      btoa('{"offset": 1.5}'),
      btoa('{"offset": "x"}'),
      btoa("null"),
    ]) {
      expect([token, (await server.search({ page_token: token })).status]).toEqual([token, 400]);
    }
    expect((await server.search({ page_token: "" })).names).toEqual(["a"]);
    expect((await server.search({ page_token: btoa('{"offset": 5}') })).names).toEqual([]);
  });
});

describe("runs/search bodies", () => {
  test("refuse wrong types and name the field", async () => {
    for (const [field, value] of [
      ["filter", 5],
      ["order_by", "run_name"],
      ["order_by", [1]],
      ["max_results", 1.5],
      ["experiment_ids", ["x"]],
      ["page_token", {}],
    ] as const) {
      const answer = await server.search({ [field]: value });
      expect([field, answer.status]).toEqual([field, 400]);
      expect(answer.message).toContain(field);
    }
  });

  test("write steps and times beyond 2^53 digit by digit", async () => {
    const ids = await server.make([{ name: "a" }]);
    const metric = { key: "m", value: 0.1, timestamp: "1700000000000", step: "9007199254740993" };
    expect((await server.post("runs/log-batch", { run_id: ids["a"], metrics: [metric] })).status).toBe(200);
    expect((await server.search({})).text).toContain('"step": 9007199254740993');
  });
});
