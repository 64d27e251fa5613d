import { describe, expect, test } from "vitest";
import { checkLayers } from "../../scripts/check-layers.ts";
import { root } from "../../scripts/lib/root.ts";
import { temporaryFiles } from "./temporary-files.ts";

const ARCHITECTURE = `
| folder | what lives there | may import | npm packages |
|---|---|---|---|
| \`src/low\` | | | |
| \`src/middle\` | | \`src/low\` | \`ky\` |
| \`src/high\` | | \`src/middle\`, \`src/low/special.ts\` from \`storage\` and \`one.ts\` | \`@scope/tool\` from \`storage\` |
| \`examples\` | | \`public\` | \`*\` |

| what | stands only in |
|---|---|
| platform names | \`src/low\`, \`examples\` |
| time and chance | \`src/low\` |
`;

function messages(files: Record<string, string>): string[] {
  const base = temporaryFiles({
    "ARCHITECTURE.md": ARCHITECTURE,
    "src/low/special.ts": "",
    "src/low/a.ts": "",
    ...files,
  });
  return checkLayers(base).map(
    ({ file, line, message }) => `${file}${line === undefined ? "" : `:${line}`} ${message}`,
  );
}

describe("checkLayers", () => {
  test("checkLayers() is content when imports go down", () => {
    expect(
      messages({
        "src/middle/b.ts": 'import { a } from "../low/a.ts";\nimport ky from "ky";\nexport * from "./c.ts";',
        "src/middle/c.ts": 'import type { A } from "../low/a.ts";',
        "src/high/one.ts": 'import "../low/special.ts"; import { b } from "../middle/b.ts";',
        "src/high/storage/two.ts": 'import "../../low/special.ts"; import "@scope/tool/deep";',
        "examples/first.ts": 'import { open } from "tracklet/local"; import x from "anything"; process.exit();',
      }),
    ).toEqual([]);
  });

  test.each([
    [
      "an upward import",
      { "src/low/b.ts": 'import { m } from "../middle/m.ts";', "src/middle/m.ts": "" },
      "src/low/b.ts:1 imports src/middle/m.ts",
    ],
    [
      "an upward import of types",
      { "src/low/b.ts": 'import type { M } from "../middle/m.ts";', "src/middle/m.ts": "" },
      "src/low/b.ts:1 imports src/middle/m.ts",
    ],
    [
      "a late upward import",
      { "src/low/b.ts": 'await import("../middle/m.ts");', "src/middle/m.ts": "" },
      "src/low/b.ts:1 imports src/middle/m.ts",
    ],
    [
      "an allowance used from another file",
      { "src/high/three.ts": 'import "../low/special.ts";' },
      "src/high/three.ts:1 imports src/low/special.ts",
    ],
    [
      "a package of another layer",
      { "src/low/b.ts": '\nimport ky from "ky";' },
      'src/low/b.ts:2 imports the package "ky"',
    ],
    [
      "a package outside its files",
      { "src/high/x.ts": 'import "@scope/tool";' },
      'src/high/x.ts:1 imports the package "@scope/tool"',
    ],
    [
      "the package's own name",
      { "src/high/x.ts": 'import "tracklet/local";' },
      "inside the package use a relative path",
    ],
    [
      "an import of sources by an example",
      { "examples/x.ts": 'import "../src/low/a.ts";' },
      "examples/x.ts:1 imports src/low/a.ts",
    ],
    ["a missing extension", { "src/middle/b.ts": 'import "../low/a";' }, "without its extension"],
    ["a file that is not there", { "src/middle/b.ts": 'import "../low/nothing.ts";' }, "does not exist"],
    ["a folder without a row", { "src/other/b.ts": "" }, "src/other/b.ts no row of the layers table"],
    [
      "a cycle",
      { "src/low/b.ts": 'import "./c.ts";', "src/low/c.ts": 'import "./b.ts";' },
      "import cycle: src/low/b.ts -> src/low/c.ts -> src/low/b.ts",
    ],
    [
      "a platform name",
      { "src/middle/b.ts": "const v =\n  process.env.X;" },
      'src/middle/b.ts:2 names the platform ("process")',
    ],
    ["a Node module", { "src/middle/b.ts": 'await import("node:fs");' }, 'names the platform ("node:fs")'],
    ["the clock", { "src/middle/b.ts": "const now = Date.now();" }, '"Date.now" outside src/runtime'],
  ])("checkLayers() finds %s", (_, files, expected) => {
    const found = messages(files as Record<string, string>);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test("checkLayers() lets late imports go round within a layer", () => {
    expect(
      messages({ "src/low/b.ts": 'import "./c.ts";', "src/low/c.ts": 'export const b = () => import("./b.ts");' }),
    ).toEqual([]);
  });

  test("checkLayers() lets type-only imports go round", () => {
    expect(
      messages({ "src/low/b.ts": 'import type { C } from "./c.ts";', "src/low/c.ts": 'import "./b.ts";' }),
    ).toEqual([]);
  });

  test("checkLayers() refuses a table that allows a cycle", () => {
    const table = ARCHITECTURE.replace("| `src/low` | | | |", "| `src/low` | | `src/high` | |");
    expect(messages({ "ARCHITECTURE.md": table }).join()).toContain("the layers table allows a cycle");
  });

  test("checkLayers() holds for this repository's own table", () => {
    expect(checkLayers(root).filter((problem) => problem.file === "ARCHITECTURE.md")).toEqual([]);
  });
});
