import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mlflowEnvironment } from "./mlflow-environment.ts";

/** MLflow releases that `--all` adds to the current one. */
const older = ["2.22.5"];

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

/** Runs the live suite once against one MLflow release and counts. */
async function runAgainst(version: string, args: readonly string[]): Promise<{ passed: number; failed: number }> {
  const environment = await mlflowEnvironment(version);
  const room = await mkdtemp(join(tmpdir(), "tracklet-live-report-"));
  const report = join(room, "report.json");
  console.log(`== live tests against MLflow ${version}`);
  const code = await new Promise<number>((resolve) => {
    const child = spawn(
      process.execPath,
      [
        "node_modules/vitest/vitest.mjs",
        "run",
        "--config",
        "test/live/vitest.config.ts",
        "--reporter",
        "default",
        "--reporter",
        "json",
        "--outputFile.json",
        report,
        ...args,
      ],
      { stdio: "inherit", env: { ...process.env, MLFLOW_VERSION: version, TRACKLET_TEST_PYTHON: environment.python } },
    );
    child.on("exit", (status) => resolve(status ?? 1));
  });
  try {
    const counts = JSON.parse(await readFile(report, "utf8")) as Counts;
    // A file that could not even be loaded has no failed test but is a failure.
    const failed = Math.max(counts.numFailedTests, code === 0 ? 0 : 1);
    return { passed: counts.numPassedTests, failed };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

const all = process.argv.includes("--all");
const rest = process.argv.slice(2).filter((argument) => argument !== "--all");
let passed = 0;
let failed = 0;
for (const version of ["3.17.2", ...(all ? older : [])]) {
  const counts = await runAgainst(version, rest);
  passed += counts.passed;
  failed += counts.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
