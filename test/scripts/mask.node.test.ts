import { describe, expect, test } from "vitest";
import { lineAt, mask } from "../../scripts/lib/mask.ts";

describe("mask", () => {
  test("mask() keeps the length and every line break when it blanks comments and strings", () => {
    const source = "const a = 'x'; // one\n/* two\nthree */ const b = `t${a}u`;\n";
    const { code } = mask(source);
    expect(code).toHaveLength(source.length);
    expect(code.split("\n")).toHaveLength(source.split("\n").length);
    expect(code).toContain("const b = ` ${a} `;");
    expect(code).not.toContain("three");
  });

  test("mask() gives strings and comments with their places", () => {
    const source = 'log("a \\" b"); // say "hello"';
    const { literals, comments } = mask(source);
    expect(literals.map((literal) => literal.text)).toEqual(['a \\" b']);
    expect(comments.map((comment) => comment.text)).toEqual(['// say "hello"']);
  });

  test("mask() takes a slash after an operand for a division and elsewhere for a regular expression", () => {
    const { code, comments } = mask("const half = total / 2; const quotes = /[\"'/]/g; // end");
    expect(code).toContain("total / 2;");
    expect(code).not.toContain('"');
    expect(comments).toHaveLength(1);
  });

  test("mask() finds its way out of nested templates with braces inside", () => {
    const { code } = mask("const a = `x ${f({ b: `y ${c} z` })} w`; process.exit()");
    expect(code).toContain("${f({ b: `  ${c}  ` })}");
    expect(code).toContain("process.exit()");
    expect(code).not.toMatch(/[xyzw] /);
  });

  test("lineAt() counts from one", () => {
    expect([0, 1, 2, 3].map((at) => lineAt("a\nb\n", at))).toEqual([1, 1, 2, 2]);
  });
});
