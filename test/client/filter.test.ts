import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { filter } from "../../src/client/filter.ts";
import { ValidationError } from "../../src/errors/index.ts";

describe("filter", () => {
  test("quotes text, writes numbers, dates and lists bare", () => {
    expect(filter`params.lr = ${"0.1"} AND metrics.loss < ${0.5}`).toBe("params.lr = '0.1' AND metrics.loss < 0.5");
    expect(filter`attributes.start_time > ${new Date(1_700_000_000_000)}`).toBe(
      "attributes.start_time > 1700000000000",
    );
    expect(filter`run_id IN ${["a", "b'c"]}`).toBe(`run_id IN ('a', "b'c")`);
    expect(filter`metrics.${filter.key("val/loss")} >= ${-1e-7}`).toBe("metrics.`val/loss` >= -1e-7");
  });

  test("takes the kind of quotes that the text does not hold", () => {
    expect(filter`tags.q = ${"it's"}`).toBe(`tags.q = "it's"`);
    expect(filter`tags.q = ${'say "hi"'}`).toBe(`tags.q = 'say "hi"'`);
    expect(filter`tags.q = ${""}`).toBe("tags.q = ''");
  });

  test.each([
    ["both kinds of quotes", `a'b"c`, "one kind of quotes"],
    ["a backslash at its end", "a\\", "backslash"],
    ["NaN", Number.NaN, "NaN"],
    ["Infinity", Number.POSITIVE_INFINITY, "Infinity"],
    ["an invalid date", new Date(Number.NaN), "Invalid Date"],
    ["an empty list", [], "list"],
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["a boolean", true, "true"],
    ["a list with a number", ["a", 1], "text"],
  ])("refuses %s", (_name, value, shown) => {
    expect(() => filter`tags.a = ${value as string}`).toThrow(ValidationError);
    expect(() => filter`tags.a = ${value as string}`).toThrow(shown);
  });

  test.each(["", "a`b", 'a"b', "a\\b"])("key() refuses %j", (key) => {
    expect(() => filter.key(key)).toThrow(ValidationError);
  });

  test("and() joins what there is", () => {
    expect(filter.and("a = 'x'", undefined, "", "b = 'y'")).toBe("a = 'x' AND b = 'y'");
    expect(filter.and()).toBe("");
  });

  test("writes whole numbers of any size without a plus sign", () => {
    expect(filter`metrics.a > ${1e300} AND metrics.b > ${-0}`).toBe("metrics.a > 1e300 AND metrics.b > 0");
  });

  test("no text can leave its quotes", () => {
    assert(
      property(string(), (text) => {
        let written: string;
        try {
          written = filter`tags.a = ${text}`;
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
          return;
        }
        const literal = written.slice("tags.a = ".length);
        const [mark = ""] = literal;
        expect(literal).toBe(mark + text + mark);
        expect(text).not.toContain(mark);
      }),
    );
  });
});
