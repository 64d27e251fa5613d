import { join } from "node:path";
import { root } from "../scripts/lib/root.ts";
import type { RuntimeId, RuntimeReport } from "./report.ts";
import { runVitest } from "./run-vitest.ts";
import { runPages } from "./browser/run-pages.ts";
import { runInWorkerd } from "./workerd/run.ts";

/** What can be asked of a run. */
export interface RunRequest {
  /** Test files or folders; all when empty. */
  readonly filters: readonly string[];
  readonly timeout: number;
  readonly onOutput?: (text: string) => void;
}

/** Which files a runtime takes by their names, beside the neutral ones. */
export interface RuntimeDefinition {
  readonly id: RuntimeId;
  readonly suffixes: readonly string[];
  readonly run: (request: RunRequest) => Promise<RuntimeReport>;
}

const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const bin = (name: string): string => join(root, "runtime-tests", "node_modules", ".bin", name);

function onVitest(
  id: RuntimeId,
  suffixes: readonly string[],
  command: string,
  args: readonly string[],
): RuntimeDefinition {
  return {
    id,
    suffixes,
    run: ({ filters, ...rest }) =>
      runVitest({
        runtime: id,
        command,
        args: [...args, ...filters, ...(filters.length > 0 ? ["runtime-tests/runtime"] : [])],
        ...rest,
      }),
  };
}

/** After the tests inside of Chromium, those that drive it from outside. */
function withPages(inside: RuntimeDefinition): RuntimeDefinition {
  return {
    ...inside,
    suffixes: [...inside.suffixes, "page"],
    run: async (request) => runPages(await inside.run(request), request),
  };
}

/** The five runtimes and how each is started. */
export const runtimes: readonly RuntimeDefinition[] = [
  onVitest("node", ["local", "node"], "node", [vitest, "run", "--project", "node"]),
  onVitest("deno", ["local"], bin("deno"), ["run", "-A", "npm:vitest", "run", "--project", "node"]),
  onVitest("bun", ["local"], bin("bun"), ["--bun", vitest, "run", "--project", "node"]),
  withPages(
    onVitest("chromium", ["browser"], "node", [vitest, "run", "--config", "runtime-tests/browser/vitest.config.ts"]),
  ),
  { id: "workerd", suffixes: ["workerd"], run: runInWorkerd },
];
