import { describe, expect, test } from "vitest";
import { checkDocComments } from "../../scripts/check-docs.ts";
import { publicSymbols } from "../../scripts/lib/public-symbols.ts";
import { snippetsInMarkdown, snippetsInSource } from "../../scripts/lib/snippets.ts";
import { temporaryFiles } from "./temporary-files.ts";

const files = {
  "src/index.ts": `
    export { open } from "./open.ts";
    export type { Options } from "./open.ts";
    export * from "./errors/index.ts";
    import { inner } from "./open.ts";
    export { inner as renamed };
  `.replace(/^ +/gm, ""),
  "src/open.ts": `
/** Opens. @example open() */
export function open(): void {}
/** What can be said. */
export interface Options { a: 1 }
export const inner = 1;
/** Not public. */
export function hidden(): void {}
`,
  "src/errors/index.ts": 'export { BaseError, isBase } from "./base.ts";\n',
  "src/errors/base.ts":
    "/** Base. */\n// a note\nexport abstract class BaseError {}\n\n/** Tells. */\nexport function isBase(): void {}\n",
};

describe("publicSymbols", () => {
  test("publicSymbols() follows lists, stars and imports to the declarations", () => {
    const found = publicSymbols(temporaryFiles(files), "src/index.ts").map(
      ({ name, file, kind }) => `${kind} ${name} ${file}`,
    );
    expect(found.sort()).toEqual([
      "class BaseError src/errors/base.ts",
      "const inner src/open.ts",
      "function isBase src/errors/base.ts",
      "function open src/open.ts",
      "interface Options src/open.ts",
    ]);
  });

  test("checkDocComments() wants a doc comment on everything public, and an example on functions", () => {
    const found = checkDocComments(temporaryFiles(files), ["src/index.ts"]).map(
      ({ file, line, message }) => `${file}:${line} ${message}`,
    );
    expect(found.sort()).toEqual([
      'src/errors/base.ts:6 the public function "isBase" has no @example',
      'src/open.ts:6 the public const "inner" has no doc comment',
    ]);
  });
});

describe("snippets", () => {
  const fence = "```";

  test("snippetsInSource() takes the fences of doc comments, without their stars", () => {
    const source = `const a = 1;\n/**\n * Does.\n *\n * @example\n * ${fence}ts\n * import x from "y";\n *   deep();\n * ${fence}\n */\nexport const b = 2;`;
    expect(snippetsInSource("a.ts", source)).toEqual([
      { file: "a.ts", line: 7, code: 'import x from "y";\n  deep();\n', run: true },
    ]);
  });

  test("snippetsInMarkdown() leaves other languages and no-check alone", () => {
    const text = `a\n${fence}ts no-run\nconst a = 1;\n${fence}\n${fence}sh\nnpm start\n${fence}\n${fence}ts no-check\n...\n${fence}\n${fence}ts\nconst b = 2;\n${fence}\n`;
    expect(snippetsInMarkdown("a.md", text)).toEqual([
      { file: "a.md", line: 3, code: "const a = 1;\n", run: false },
      { file: "a.md", line: 12, code: "const b = 2;\n", run: true },
    ]);
  });
});
