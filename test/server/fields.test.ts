import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fields, toDouble, toInt64 } from "../../src/server/fields.ts";

describe("toInt64()", () => {
  test("takes every int64 as number, bigint or text", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (number) => {
        for (const value of [number, String(number)]) expect(BigInt(toInt64(value)!)).toBe(number);
      }),
    );
  });

  test.each([
    [7, 7],
    [-0, 0],
    [2.0, 2],
    ["7", 7],
    ["2.0", 2],
    ["1e3", 1000],
    [1e15, 1e15],
  ])("reads %j as %d", (value, expected) => expect(Object.is(toInt64(value), expected)).toBe(true));

  test.each([
    1.5,
    "1.5",
    "abc",
    "",
    " ",
    "0x10",
    2 ** 63,
    9_223_372_036_854_775_808n,
    "9223372036854775808",
    true,
    null,
    {},
    Number.NaN,
    "1".repeat(400),
  ])("refuses %s as no int64", (value) => expect(toInt64(value)).toBeUndefined());
});

describe("toDouble()", () => {
  test("takes every finite double as number or text", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(toDouble(number)).toBe(number);
        expect(toDouble(String(number))).toBe(Number(String(number)));
      }),
    );
  });

  test.each([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["inf", Number.POSITIVE_INFINITY],
    ["-inf", Number.NEGATIVE_INFINITY],
    [".5", 0.5],
    ["5.", 5],
    [true, 1],
    [10n, 10],
  ])("reads %s as %d", (value, expected) => expect(toDouble(value)).toBe(expected));

  test.each(["nan", "abc", "", " ", "0x10", "1e999", Number.POSITIVE_INFINITY, null, {}])("refuses %j", (value) => {
    expect(toDouble(value)).toBeUndefined();
  });
});

describe("Fields", () => {
  const fields = new Fields({
    run_id: "a",
    maxResults: 5,
    tags: [{ key: "k" }, 3],
    nothing: null,
    status: 3,
    words: ["a"],
    yes: "true",
  });

  test("finds a field by its snake_case and its camelCase name", () => {
    expect(fields.text("run_id")).toBe("a");
    expect(fields.int32("max_results")).toBe(5);
  });

  test("requires the snake_case name, as MLflow does", () => {
    expect(() => new Fields({ runId: "a" }).requiredText("run_id")).toThrow(
      "Missing value for required parameter 'run_id'",
    );
  });

  test("takes null and an empty text for missing", () => {
    expect(fields.text("nothing")).toBeUndefined();
    expect(() => fields.requiredText("nothing")).toThrow("Missing value");
    expect(() => new Fields({ key: "" }).requiredText("key")).toThrow("Missing value");
  });

  test("knows the words of an enumeration by name and number", () => {
    const words = { RUNNING: 1, FINISHED: 3 };
    expect(fields.word("status", words)).toBe("FINISHED");
    expect(new Fields({ status: "RUNNING" }).word("status", words)).toBe("RUNNING");
    expect(() => new Fields({ status: "DONE" }).word("status", words)).toThrow(
      "'status': it must be one of RUNNING, FINISHED",
    );
  });

  test("names the field in a list that it cannot read", () => {
    expect(() => fields.messages("tags")).toThrow(
      "Invalid value for parameter 'tags[1]': it must be an object, current value is 3",
    );
    const [tag] = new Fields({ tags: [{ key: 5 }] }).messages("tags");
    expect(() => tag!.requiredText("key")).toThrow("'tags[0].key': it must be a string, current value is 5");
  });

  test("reads booleans and lists of texts", () => {
    expect(fields.bool("yes")).toBe(true);
    expect(fields.texts("words")).toEqual(["a"]);
    expect(() => new Fields({ words: [1] }).texts("words")).toThrow("'words[0]'");
    expect(() => new Fields({ yes: 1 }).bool("yes")).toThrow("true or false");
  });

  test("is not fooled by a member named __proto__", () => {
    expect(new Fields(JSON.parse('{"__proto__": {"run_id": "x"}}')).text("run_id")).toBeUndefined();
  });

  test("never repeats a long value in a message", () => {
    let message = "";
    try {
      new Fields({ step: "x".repeat(10_000) }).int64("step");
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.length).toBeLessThan(300);
  });
});
