import { describe, expect, test } from "vitest";
import { importsOf } from "../../scripts/lib/imports.ts";

const read = (source: string): string[] =>
  importsOf(source).map(
    ({ specifier, late, typeOnly }) => `${typeOnly ? "type " : ""}${late ? "late " : ""}${specifier}`,
  );

describe("importsOf", () => {
  test("importsOf() reads every form of import and re-export", () => {
    expect(
      read(`
        import a from "./a.ts";
        import b, { c, type D } from "./b.ts";
        import * as e from './e.ts';
        import {
          f,
          g as h,
        } from "./f.ts";
        import "./side-effect.ts";
        export { i } from "./i.ts";
        export * from "./j.ts";
        export * as k from "./k.ts";
      `),
    ).toEqual(["./a.ts", "./b.ts", "./e.ts", "./f.ts", "./side-effect.ts", "./i.ts", "./j.ts", "./k.ts"]);
  });

  test("importsOf() tells what is gone at run time from what stays", () => {
    expect(
      read(`
        import type { A } from "./a.ts";
        export type { B } from "./b.ts";
        import type from "./named-type.ts";
        export type * from "./c.ts";
      `),
    ).toEqual(["type ./a.ts", "type ./b.ts", "./named-type.ts", "type ./c.ts"]);
  });

  test("importsOf() marks what is loaded late", () => {
    expect(read('const m = await import("./late.ts");\nconst n = import ( "./n.ts" );')).toEqual([
      "late ./late.ts",
      "late ./n.ts",
    ]);
  });

  test("importsOf() is not fooled by comments, strings, methods or exported constants", () => {
    expect(
      read(`
        // import a from "./a.ts";
        /** import { b } from "./b.ts" */
        const text = 'import c from "./c.ts"';
        registry.import("./d.ts");
        export const from = "./e.ts";
        const rows = \`export * from "./f.ts"\`;
      `),
    ).toEqual([]);
  });

  test("importsOf() gives the line of the specifier", () => {
    expect(importsOf('\nimport {\n  a,\n} from "./a.ts";').map((found) => found.line)).toEqual([4]);
  });
});
