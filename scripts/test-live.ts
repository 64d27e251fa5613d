import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mlflowEnvironment } from "./mlflow-environment.ts";

/** A server to test against. */
interface Variant {
  readonly version: string;
  readonly store: "sqlite" | "postgresql";
  /** Which test files; all of them where absent. */
  readonly only?: readonly string[];
}

/** What a client can meet: these files need nothing but the server. */
const throughTheServer = ["real-server", "client.live", "registry.live", "tracker.live", "live/faults.live"];

const current: Variant = { version: "3.17.2", store: "sqlite" };

/** What `--all` adds: an older release, and the database that teams use. Slow to install. */
const others: readonly Variant[] = [
  { version: "2.22.5", store: "sqlite", only: throughTheServer },
  { version: "3.17.2", store: "postgresql", only: throughTheServer },
];

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

/** Runs the live suite once against one server and counts. */
async function runAgainst(
  { version, store, only = [] }: Variant,
  args: readonly string[],
): Promise<{ passed: number; failed: number }> {
  const environment = await mlflowEnvironment(version);
  const room = await mkdtemp(join(tmpdir(), "tracklet-live-report-"));
  const report = join(room, "report.json");
  console.log(`== live tests against MLflow ${version} on ${store}`);
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
        // A name replaces the list; an option such as --testTimeout=600000 goes on top of it.
        ...(args.some((argument) => !argument.startsWith("-")) ? [] : only),
        ...args,
      ],
      {
        stdio: "inherit",
        env: { ...process.env, MLFLOW_VERSION: version, MLFLOW_STORE: store, TRACKLET_TEST_PYTHON: environment.python },
      },
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
for (const variant of [current, ...(all ? others : [])]) {
  const counts = await runAgainst(variant, rest);
  passed += counts.passed;
  failed += counts.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
