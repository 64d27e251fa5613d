/**
 * Every public export has a doc comment, every public function an example, and every example in doc comments, README
 * and docs is type-checked, and every relative link of a page leads somewhere; `--run` also runs them, against an embedded server that stands for every address.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { brokenLinks } from "./lib/broken-links.ts";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { type PublicSymbol, publicSymbols } from "./lib/public-symbols.ts";
import { root } from "./lib/root.ts";
import { runCommand } from "./lib/run-command.ts";
import { type Snippet, snippetsInMarkdown, snippetsInSource } from "./lib/snippets.ts";
import { sourceFiles } from "./lib/source-files.ts";

/** What is missing in the doc comment of a public symbol. */
export function judgeDoc({ file, line, name, kind, doc }: PublicSymbol): Problem[] {
  if (doc === undefined) return [{ file, line, message: `the public ${kind} "${name}" has no doc comment` }];
  if (kind !== "function") return [];
  if (!doc.includes("@example")) return [{ file, line, message: `the public function "${name}" has no @example` }];
  return [];
}

/** Doc comments of everything that the entries of the package export. */
export function checkDocComments(base: string, entries: readonly string[]): Problem[] {
  const symbols = new Map<string, PublicSymbol>();
  for (const entry of entries) {
    for (const symbol of publicSymbols(base, entry)) symbols.set(`${symbol.file}#${symbol.name}`, symbol);
  }
  return [...symbols.values()].flatMap(judgeDoc);
}

/** All examples of sources and pages. */
export function allSnippets(base: string): Snippet[] {
  const read = (file: string): string => readFileSync(join(base, file), "utf8");
  return [
    ...sourceFiles(base, ["src", "mocks"]).flatMap((file) => snippetsInSource(file, read(file))),
    ...sourceFiles(base, ["README.md", "docs"], [".md"]).flatMap((file) => snippetsInMarkdown(file, read(file))),
  ];
}

/** The pages that a visitor reads. */
const pages = (base: string): string[] =>
  sourceFiles(
    base,
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs"],
    [".md"],
  );

/** Where snippets are put: inside the package, so that `tracklet/...` means this package. */
const folder = join(root, ".cache", "snippets");
const fileOf = (index: number): string => `snippet-${index}.ts`;

function writeSnippets(snippets: readonly Snippet[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  snippets.forEach((snippet, index) => {
    writeFileSync(join(folder, fileOf(index)), `${snippet.code}\nexport {};\n`);
  });
  const paths = (
    JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
      compilerOptions: { paths: Record<string, string[]> };
    }
  ).compilerOptions.paths;
  const config = {
    extends: "../../tsconfig.json",
    compilerOptions: {
      noUnusedLocals: false,
      noUnusedParameters: false,
      isolatedDeclarations: false,
      declaration: false,
      paths: Object.fromEntries(
        Object.entries(paths).map(([name, files]) => [name, files.map((file) => `../../${file.slice(2)}`)]),
      ),
    },
    include: ["*.ts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
}

async function typeCheck(snippets: readonly Snippet[]): Promise<Problem[]> {
  const { output } = await runCommand(join(root, "node_modules", ".bin", "tsc"), ["-p", folder, "--pretty", "false"]);
  return [...output.matchAll(/snippet-(\d+)\.ts\((\d+),\d+\): (error .*)/g)].flatMap(([, index, line, message]) => {
    const snippet = snippets[Number(index)];
    if (snippet === undefined) return [];
    return [{ file: snippet.file, line: snippet.line + Number(line) - 1, message: `example: ${message}` }];
  });
}

async function runSnippet(snippet: Snippet, index: number): Promise<Problem[]> {
  const cwd = mkdtempSync(join(tmpdir(), "tracklet-example-"));
  const preload = join(root, "scripts", "lib", "example-host.ts");
  const args = [
    "--disable-warning=ExperimentalWarning",
    "--conditions=tracklet-source",
    "--import",
    preload,
    join(folder, fileOf(index)),
  ];
  const { code, output } = await runCommand("node", args, { cwd, timeout: 30_000 });
  rmSync(cwd, { recursive: true, force: true });
  return code === 0
    ? []
    : [
        {
          file: snippet.file,
          line: snippet.line,
          message: `example failed with code ${code}:\n${output.slice(-2000)}`,
        },
      ];
}

if (import.meta.main) {
  const entries = Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string" ? [] : [target["tracklet-source"].slice(2)],
  );
  const snippets = allSnippets(root);
  writeSnippets(snippets);
  const problems = [
    ...checkDocComments(root, entries),
    ...brokenLinks(root, pages(root)),
    ...(await typeCheck(snippets)),
  ];
  let ran = 0;
  if (process.argv.includes("--run") && problems.length === 0) {
    const waiting = snippets.map((snippet, index) => ({ snippet, index })).filter(({ snippet }) => snippet.run);
    ran = waiting.length;
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        problems.push(...(await runSnippet(next.snippet, next.index)));
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
  }
  console.log(`${snippets.length} examples type-checked, ${ran} run`);
  reportProblems("docs", problems);
}
