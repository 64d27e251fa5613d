import { join } from "node:path";
import { root } from "./root.ts";
import { type CommandResult, runCommand as run } from "./run-command.ts";

/** One thing that `npm run ok` looks at. */
export interface Check {
  readonly name: string;
  /** What it holds against what, in a few words. */
  readonly about: string;
  run(): Promise<CommandResult>;
  /** A line of the output that is worth showing when all is well. */
  readonly gist?: RegExp;
}

/** Without colours: the report indents what the tools say. */
const runCommand = (command: string, args: readonly string[]): Promise<CommandResult> =>
  run(command, args, { env: { NO_COLOR: "1", FORCE_COLOR: undefined } });
const tool = (name: string): string => join(root, "scripts", "node_modules", ".bin", name);
const runtime = (name: string): string => join(root, "runtime-tests", "node_modules", ".bin", name);
const script = (name: string, ...args: string[]): Promise<CommandResult> =>
  runCommand("node", ["--disable-warning=ExperimentalWarning", join(root, "scripts", name), ...args]);

/** What a check of the built package needs to have run before. */
export const NEEDS_BUILD: ReadonlySet<string> = new Set(["publint", "attw", "package"]);

/** All checks in the order of their cost, the cheap ones first. */
export function allChecks(entries: readonly string[]): readonly Check[] {
  return [
    {
      name: "format",
      about: "Biome: format and lint",
      run: () => runCommand(tool("biome"), ["check", "--error-on-warnings", "."]),
    },
    {
      name: "types",
      about: "tsc over sources, tests, scripts and examples",
      run: () => runCommand("tsc", ["-p", "tsconfig.json", "--pretty", "false"]),
    },
    { name: "layers", about: "imports against the table of ARCHITECTURE.md", run: () => script("check-layers.ts") },
    { name: "exports", about: "the export maps against each other", run: () => script("check-exports.ts") },
    { name: "lengths", about: "files stay short", run: () => script("check-lengths.ts") },
    { name: "words", about: "no registry addresses, no machine paths", run: () => script("check-words.ts") },
    { name: "faults", about: "docs/faults.md against the names of tests", run: () => script("check-faults.ts") },
    { name: "locks", about: "npm install leaves the lock files as they are", run: () => script("check-locks.ts") },
    {
      name: "docs",
      about: "doc comments, and examples that run",
      run: () => script("check-docs.ts", "--run"),
      gist: /\d+ examples .*/,
    },
    {
      name: "sizes",
      about: "bundles against their limits",
      run: () => script("check-sizes.ts"),
      gist: /^tracklet, .*/m,
    },
    {
      name: "knip",
      about: "nothing unused",
      run: () => runCommand(tool("knip"), ["--no-progress", "--no-config-hints"]),
    },
    { name: "build", about: "JavaScript and declarations", run: () => script("build.ts"), gist: /built .*/ },
    { name: "publint", about: "the package as npm publishes it", run: () => runCommand(tool("publint"), ["--strict"]) },
    {
      name: "attw",
      about: "the types as every module resolution sees them",
      run: () => runCommand(tool("attw"), ["--pack", ".", "--profile", "esm-only", "--format", "ascii", "--no-color"]),
    },
    {
      name: "jsr",
      about: "deno publish --dry-run",
      run: () => runCommand(runtime("deno"), ["publish", "--dry-run", "--allow-dirty", "--no-check=remote"]),
    },
    {
      name: "doc-lint",
      about: "deno doc --lint of every entry",
      run: () => script("check-doc-lint.ts", ...entries),
      gist: /\d+ fields .*/,
    },
    {
      name: "package",
      about: "the tarball in a project of its own, in Node, Deno and Bun",
      run: () => script("check-package.ts"),
    },
    { name: "test", about: "the suite in five runtimes", run: () => script("test.ts"), gist: /^\d+ passed.*/m },
  ];
}
