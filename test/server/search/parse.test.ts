import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Refusal } from "../../../src/server/refusal.ts";
import { parseFilter } from "../../../src/server/search/parse.ts";
import { runGrammar } from "../../../src/server/search/run-grammar.ts";

function parsed(filter: string): unknown[] {
  return parseFilter(filter, runGrammar).map(({ key, comparator, value }) => [key, comparator, value]);
}

describe("parseFilter()", () => {
  test.each([
    ["metrics.acc > 0.5", [["acc", ">", 0.5]]],
    ["metrics.acc>.5", [["acc", ">", 0.5]]],
    ["metrics.acc <= -3.5e0", [["acc", "<=", -3.5]]],
    ["metrics.`val/loss` = 1", [["val/loss", "=", 1]]],
    ['metrics."val loss" != 1', [["val loss", "!=", 1]]],
    ["params.opt.name = 'adam'", [["opt.name", "=", "adam"]]],
    ["`tags`.'a b' = 'x'", [["a b", "=", "x"]]],
    ["tags.2a.b2 = 'x'", [["2a.b2", "=", "x"]]],
    ["params.слой = 'два'", [["слой", "=", "два"]]],
    ['params.lr = "0.1"', [["lr", "=", "0.1"]]],
    ['tags.q = "it\'s"', [["q", "=", "it's"]]],
    ["tags.q = 'it''s'", [["q", "=", "it''s"]]],
    ["tags.path = 'C:\\'", [["path", "=", "C:\\"]]],
    ["tags.like LIKE 'a%'", [["like", "LIKE", "a%"]]],
    ["tags.a ilike 'B'", [["a", "ILIKE", "B"]]],
    ["tags.a IS not NULL", [["a", "IS NOT NULL", undefined]]],
    [
      "status = 'RUNNING' AND run_id NOT IN ('a', \"b\",)",
      [
        ["status", "=", "RUNNING"],
        ["run_id", "NOT IN", ["a", "b"]],
      ],
    ],
    [
      "`run name` = 'x' and\n\tattr.created < 5 AND",
      [
        ["run name", "=", "x"],
        ["created", "<", 5],
      ],
    ],
  ])("reads %s", (filter, expected) => {
    expect(parsed(filter)).toEqual(expected);
  });

  test.each([
    ["metrics.a > 1 OR metrics.b > 1", "OR"],
    ["NOT metrics.a > 1", "NOT"],
    ["(metrics.a > 1)", "("],
    ["metrics.a BETWEEN 0 AND 1", "BETWEEN"],
    ["metrics.a > 1; DROP TABLE runs", ";"],
    ["metrics.a > 1 -- comment", "-- comment"],
    ["metrics.val/loss > 1", "backticks"],
    ["tags.1 = 'x'", "backticks"],
    ["metrics.top.5 > 1", "backticks"],
    ["metrics.a == 1", "=="],
    ["metrics.a > '1'", "numeric"],
    ["metrics.a > 1e999", "numeric"],
    ["params.lr = 0.1", "quoted string"],
    ["params.lr IN ('1')", "list"],
    ["params.lr NOT LIKE 'a'", "NOT LIKE"],
    ["run_id IN ()", "empty list"],
    ["run_id IN (1)", "string"],
    ["metrics.a IS NULL", "IS NULL"],
    ["'a' = tags.b", "Identifier"],
    ["foo.bar = 'x'", "foo"],
    ["lifecycle_stage = 'active'", "Valid keys"],
    ["name = 'first'", "; use run_name"],
    ["attributes.name = 'first'", "; use run_name"],
    ["loss < 1", "; use metrics.loss, params.loss, tags.loss for a key that was logged"],
    ["`val/loss` < 1", "; use metrics.`val/loss`, "],
    ["__proto__ = 'x'", "Valid keys"],
    ["datasets.constructor = 'x'", "Valid keys"],
    ["tags.a =", "tags.a"],
    ["tags.a = 'unclosed", "Invalid clause"],
    ["   ", "could not be parsed"],
  ])("refuses %s and names %s", (filter, word) => {
    expect(() => parsed(filter)).toThrow(Refusal);
    expect(() => parsed(filter)).toThrow(new RegExp(word.replace(/[()[\]|.*+?^$]/g, "\\$&"), "i"));
  });

  test("ends for hostile texts: long runs of quotes, backslashes, dots and signs", () => {
    for (const part of ["'", "\\", "\\'", "''", '"', "`", "a.", "-", "/*", "1e", ".1", "(", "NOT ", "a='b' AND "]) {
      const text = part.repeat(Math.floor(20_000 / part.length));
      expect(() => parsed(`tags.a = '${text}`)).toThrow(Refusal);
      expect(() => parsed(text)).toThrow(Refusal);
    }
    expect(() => parsed(`tags.a = '${"x".repeat(200_000)}'`)).toThrow(/100000/);
  });

  test("reads any text or throws a Refusal, never something else", () => {
    const word = fc.constantFrom(
      "metrics",
      "tags.a",
      "`",
      '"',
      "'",
      ".",
      "=",
      "!=",
      "IS",
      "NOT",
      "NULL",
      "IN",
      "(",
      ")",
      ",",
      "1",
      "-",
      " ",
      "AND",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(word).map((words) => words.join(" ")),
        ),
        (filter) => {
          try {
            expect(Array.isArray(parsed(filter))).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
          }
        },
      ),
    );
  });

  test("gives back every quoted key and value unchanged", () => {
    const key = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes("`"));
    const value = fc.string({ unit: "grapheme" }).filter((text) => !text.includes('"'));
    fc.assert(
      fc.property(key, value, (name, text) => {
        expect(parsed(`tags.\`${name}\` = "${text}"`)).toEqual([[name, "=", text]]);
      }),
    );
  });
});
