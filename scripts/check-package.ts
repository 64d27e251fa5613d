/** What users get: the packed tarball, installed in a project of its own, imported in Node, Deno and Bun. */
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";
import { runCommand } from "./lib/run-command.ts";

const runtimeBin = (name: string): string => join(root, "runtime-tests", "node_modules", ".bin", name);

/** Packs what `npm run build` made, installs it elsewhere and tries it. */
export async function checkPackage(): Promise<Problem[]> {
  const project = mkdtempSync(join(tmpdir(), "tracklet-package-"));
  const problems: Problem[] = [];
  const step = async (what: string, command: string, args: readonly string[], cwd = project): Promise<string> => {
    const { code, output } = await runCommand(command, args, {
      cwd,
      timeout: 120_000,
      env: { npm_config_registry: undefined },
    });
    if (code !== 0)
      problems.push({ file: "test/package", message: `${what} failed with code ${code}:\n${output.trimEnd()}` });
    return output;
  };
  try {
    await step(
      "npm pack",
      "npm",
      ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", project],
      root,
    );
    const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
    if (tarball === undefined) return problems;
    cpSync(join(root, "test", "package", "sample"), project, { recursive: true });
    const dev = manifest.devDependencies;
    writeFileSync(
      join(project, "package.json"),
      JSON.stringify({
        name: "sample",
        private: true,
        type: "module",
        dependencies: {
          tracklet: `file:./${tarball}`,
          msw: dev.msw,
          "@mswjs/interceptors": dev["@mswjs/interceptors"],
        },
      }),
    );
    await step("npm install", "npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]);
    if (problems.length > 0) return problems;
    await step("tsc (bundler)", join(root, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.bundler.json"]);
    await step("tsc (nodenext)", join(root, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.nodenext.json"]);
    await step("the sample in Node", "node", ["main.ts"]);
    await step("the sample in Deno", runtimeBin("deno"), ["run", "-A", "--node-modules-dir=manual", "main.ts"]);
    await step("the sample in Bun", runtimeBin("bun"), ["run", "main.ts"]);
    const help = await step("npx tracklet --help", join(project, "node_modules", ".bin", "tracklet"), ["--help"]);
    if (!help.includes("server"))
      problems.push({ file: "test/package", message: `tracklet --help does not name "server":\n${help}` });
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
  return problems;
}

if (import.meta.main) reportProblems("package", await checkPackage());
