import { join } from "node:path";
import { root } from "../../scripts/lib/root.ts";
import { sourceFiles } from "../../scripts/lib/source-files.ts";
import { testKind } from "../../scripts/lib/test-names.ts";
import type { RuntimeReport } from "../report.ts";
import { runVitest } from "../run-vitest.ts";
import type { RunRequest } from "../runtimes.ts";

const vitest = join(root, "node_modules", "vitest", "vitest.mjs");

/** Runs the tests that drive Chromium from Node, and adds what they found to the report of those inside of it. */
export async function runPages(inside: RuntimeReport, { filters, ...rest }: RunRequest): Promise<RuntimeReport> {
  const files = sourceFiles(root, ["test"], [".test.ts"])
    .filter((file) => testKind(file) === "page")
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  if (files.length === 0) return inside;
  const report = await runVitest({
    runtime: "chromium",
    command: "node",
    args: [vitest, "run", "--config", "test/page/vitest.config.ts", ...files],
    ...rest,
  });
  const details = [inside.details, report.details].filter((text) => text !== undefined).join("\n");
  return {
    ...inside,
    files: [...inside.files, ...report.files],
    error: inside.error ?? report.error,
    ...(details === "" ? {} : { details }),
  };
}
