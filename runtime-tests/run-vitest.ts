import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "../scripts/lib/root.ts";
import { runCommand } from "../scripts/lib/run-command.ts";
import type { FileReport, RuntimeId, RuntimeReport } from "./report.ts";

/** The file whose one test carries the name of the runtime it ran in. */
export const PROOF_FILE = "runtime-tests/runtime.test.ts";

interface VitestJson {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** How a runtime starts vitest. */
export interface VitestStart {
  readonly runtime: RuntimeId;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string | undefined>;
  /** Milliseconds for the whole run. */
  readonly timeout: number;
  readonly onOutput?: (text: string) => void;
}

/** Runs vitest in the given runtime and reads its JSON report. */
export async function runVitest(start: VitestStart): Promise<RuntimeReport> {
  const folder = mkdtempSync(join(tmpdir(), "tracklet-test-"));
  const file = join(folder, "report.json");
  try {
    const args = [...start.args, "--reporter=json", `--outputFile.json=${file}`, "--reporter=dot"];
    const env = { ...start.env, TRACKLET_RUNTIME: start.runtime, NO_COLOR: "1", FORCE_COLOR: undefined };
    const { code, output } = await runCommand(start.command, args, {
      env,
      timeout: start.timeout,
      ...(start.onOutput === undefined ? {} : { onOutput: start.onOutput }),
    });
    return toReport(start.runtime, readJson(file), code, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From vitest's first heading of failures on, without what it counts at the end. */
function failureDetails(output: string): string {
  const start = output.search(/^.*⎯ (?:Failed|Unhandled) /m);
  return start === -1 ? output : output.slice(start).replace(/\n\s*Test Files [\s\S]*$/, "");
}

function readJson(file: string): VitestJson | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as VitestJson;
  } catch {
    return undefined;
  }
}

function toReport(runtime: RuntimeId, json: VitestJson | undefined, code: number, output: string): RuntimeReport {
  if (json === undefined)
    return { runtime, proof: undefined, files: [], error: `no report (exit code ${code})\n${output}` };
  const files = json.testResults.map(toFileReport).sort((a, b) => a.file.localeCompare(b.file));
  const named = json.testResults
    .flatMap((result) => result.assertionResults)
    .find((test) => test.status === "passed" && test.fullName.startsWith(`runtime is ${runtime} `));
  const failed = files.some((file) => file.failed > 0);
  return {
    runtime,
    proof: named?.fullName.slice("runtime is ".length),
    files: files.filter((file) => file.file !== PROOF_FILE),
    ...(failed ? { details: failureDetails(output) } : {}),
    error: code !== 0 && !failed ? `exit code ${code} although no test failed\n${output}` : undefined,
  };
}

function toFileReport(result: VitestJson["testResults"][number]): FileReport {
  const tests = result.assertionResults;
  const failures = tests
    .filter((test) => test.status === "failed")
    .map((test) => ({ name: test.fullName, message: (test.failureMessages ?? []).join("\n") }));
  // A file that cannot be loaded has no tests: it counts as one failure, not as nothing.
  if (failures.length === 0 && result.status === "failed") {
    failures.push({ name: "(the file itself)", message: result.message ?? "failed to load" });
  }
  return {
    file: relative(root, result.name).replaceAll("\\", "/"),
    passed: tests.filter((test) => test.status === "passed").length,
    failed: failures.length,
    skipped: tests.filter((test) => test.status !== "passed" && test.status !== "failed").length,
    took: result.endTime - result.startTime,
    failures,
  };
}
