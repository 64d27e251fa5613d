import { describe, expect, test } from "vitest";
import { canonicalText } from "../../src/finetuning/canonical-text.ts";
import { ParamsError, paramsHash } from "../../src/finetuning/index.ts";
import { Names } from "../../src/finetuning/names.ts";
import { paramPairs, paramTags, readParams } from "../../src/finetuning/param-text.ts";
import type { RunData } from "../../src/client/types/entities.ts";

/** Names that are on servers already: they must never change. Another language's SHA-256 of the text gave them. */
const vectors: readonly [params: object, text: string, name: string][] = [
  [{}, "{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
  [{ lr: 0.1 }, '{"lr":0.1}', "9c9ba942d8bb6213cd855c3e8ddfeb6640a23616f11f4da3d8e77555902a6107"],
  [
    { layers: [5, 6], lr: 1e-7 },
    '{"layers":[5,6],"lr":1e-7}',
    "0f9a1c0e91c05883ebf50c3de292d68da78a0dc42604d7e04ffa87ad2dd45216",
  ],
  [
    { b: { d: true, c: null }, a: "ä\n🚀" },
    '{"a":"ä\\n🚀","b":{"c":null,"d":true}}',
    "7baa7d2a132f61d3e65becab942aec165dc1e6a184a25fddbd22babac0661f49",
  ],
  // Each number in one form only.
  [
    { h: 2 ** 53, g: -0, f: -1.5, e: 0.1 + 0.2, d: 5e-324, c: 123456789012345680000, b: 1e-7, a: 1e21 },
    '{"a":1e+21,"b":1e-7,"c":123456789012345680000,"d":5e-324,"e":0.30000000000000004,"f":-1.5,"g":0,"h":9007199254740992}',
    "0f812de7ef1c26d959a0cffc3e32a3907f5e6b022607a30a359134374279deae",
  ],
  // By UTF-16 units, not by the order of an object or of a language.
  [
    { ﬀ: 8, "🚀": 7, ä: 6, a: 5, A: 4, 9: 3, 10: 2, " ": 1, "": 0 },
    '{"":0," ":1,"10":2,"9":3,"A":4,"a":5,"ä":6,"🚀":7,"ﬀ":8}',
    "cfd7efc178b351ab4758a4dc0cb7dfdafb6b688ad7cd4aaa48ec5c5e7738b688",
  ],
  [
    { text: 'a, b"\\\u0001\t/', deep: [[], {}, [{ x: [null, true, false] }]] },
    String.raw`{"deep":[[],{},[{"x":[null,true,false]}]],"text":"a, b\"\\\u0001\t/"}`,
    "8f0b290ed39895e08c94a051a46af6222f47470cd9b9dd10d63be6e00f6f98e5",
  ],
  [
    { big: "x".repeat(9000) },
    `{"big":"${"x".repeat(9000)}"}`,
    "8970c718cf8f0f346e8b68c5da6867d336d4f818889267da332b774ab53e8d73",
  ],
];

describe("paramsHash()", () => {
  test("S0.13 names a run by the SHA-256 of its parameters, as these always were", async () => {
    for (const [params, text, name] of vectors) {
      expect(canonicalText(params)).toBe(text);
      expect(await paramsHash(params)).toBe(name);
    }
  });

  test("does not depend on key order, number format or undefined members, but on types", async () => {
    const same = [
      { a: 1, b: 100 },
      { b: 1e2, a: 1.0 },
      { b: 100, a: 1, c: undefined },
      { a: 1, b: 0x64 },
    ];
    expect(new Set(await Promise.all(same.map(paramsHash))).size).toBe(1);
    const different = [{ a: 1 }, { a: "1" }, { a: true }, { a: [1] }, { a: null }, { a: { b: 1 } }, { "a.b": 1 }];
    expect(new Set(await Promise.all(different.map(paramsHash))).size).toBe(different.length);
    expect(canonicalText({ zero: -0 })).toBe('{"zero":0}');
  });

  test("refuses what JSON would lose", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = { cycle };
    const bad = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      () => 1,
      Symbol("x"),
      new Date(0),
      new Map(),
      "\ud800",
      cycle,
    ];
    for (const value of bad) expect(() => canonicalText({ x: value })).toThrow(ParamsError);
    expect(() => canonicalText({ x: [1, { y: Number.NaN }] })).toThrow('"x.1.y" must be a finite number');
  });
});

describe("Names", () => {
  test("S0.4 are PLUGIN / iteration / ..., and refuse parts that would look like others", () => {
    const names = new Names("my plugin");
    expect(names.initial).toBe("my plugin / iteration / initial");
    expect(names.iteration("abc", "batch 1")).toBe("my plugin / iteration / abc / batch 1");
    expect(names.isIteration(names.initial)).toBe(false);
    expect(names.owns("my plugin 2 / iteration / initial")).toBe(false);
    // The original breaks on these.
    for (const part of [
      "",
      "initial",
      "a / b",
      "/ a",
      "a /",
      " a",
      "x_archive",
      "x_archive_2",
      "\ud800",
      "a\nb",
      "a\u0000",
      "a".repeat(151),
      7,
      undefined,
    ]) {
      expect(() => new Names(part as string)).toThrow("Cannot name an iteration as the plugin name must be");
      expect(() => names.iteration("abc", part as string)).toThrow("the batch id must be");
    }
    expect(new Names("a/b").initial).toBe("a/b / iteration / initial");
  });
});

/** A run with what a server keeps of parameters. */
function stored(params: object, tagged = true): RunData {
  const pairs = Object.fromEntries(paramPairs(params).map(({ key, value }) => [key, value]));
  return { data: { params: pairs, tags: tagged ? paramTags(params) : {} } } as unknown as RunData;
}

describe("readParams()", () => {
  const params = {
    lr: 1e-7,
    layers: [5, 6],
    optimizer: { name: "adam", betas: [0.9, 0.999], amsgrad: false },
    id: "007",
    yes: "true",
    text: "a, b",
    words: ["a, b", "c"],
    nothing: null,
    none: [],
    empty: {},
    deep: [{ a: [1] }],
    big: "x".repeat(9000),
  };

  test("S0.18 gives parameters back exactly as they were set", () => {
    expect(readParams(stored(params))).toEqual(params);
  });

  test("S0.13 shows lists as comma text and nested values with dotted keys", () => {
    const { data } = stored(params);
    expect(data.params).toMatchObject({
      lr: "1e-7",
      layers: "5, 6",
      "optimizer.name": "adam",
      "optimizer.betas": "0.9, 0.999",
      words: '["a, b","c"]',
      none: "[]",
      empty: "{}",
    });
    expect(data.params["big"]).toHaveLength(6000);
  });

  test("S0.18 reads text numbers of a run of another program, where the original fails", () => {
    const foreign = {
      data: {
        tags: {},
        params: {
          lr: "0.001",
          fixed: "5, 6",
          "opt.name": "adam",
          on: "True",
          id: "12345678901234567890",
          "__proto__.x": "1",
        },
      },
    };
    const read = readParams(foreign as unknown as RunData);
    expect(read).toMatchObject({
      lr: 0.001,
      fixed: [5, 6],
      opt: { name: "adam" },
      on: true,
      id: "12345678901234567890",
    });
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test.each([
    ["(1, 2)", "(1, 2)"],
    ["Hello, world", "Hello, world"],
    ["1, adam", "1, adam"],
    ["1e+16", 1e16],
    ["1e21", 1e21],
    ["1.5, True", [1.5, true]],
    ["1e400", "1e400"],
    ["-0.5", -0.5],
    ["9007199254740993", "9007199254740993"],
    ['["a", 1]', ["a", 1]],
    ["{'a': 1}", "{'a': 1}"],
    ["", ""],
    ["1,", "1,"],
  ])("S0.18 reads %j of a run of another program as %j", (text, value) => {
    const foreign = { data: { tags: {}, params: { x: text } } };
    expect(readParams(foreign as unknown as RunData)).toEqual({ x: value });
  });

  test("S0.18 loses neither of two parameters of which one looks like a member of the other, in any order", () => {
    for (const params of [
      { a: "1", "a.b": "2" },
      { "a.b": "2", a: "1" },
    ])
      expect(readParams({ data: { tags: {}, params } } as unknown as RunData)).toEqual({ a: 1, "a.b": 2 });
  });

  test("refuses keys that MLflow would refuse, or that are there twice", () => {
    expect(() => paramPairs({ "a\nb": 1 })).toThrow(ParamsError);
    expect(() => paramPairs({ "a.b": 1, a: { b: 2 } })).toThrow("must be there once");
  });
});
