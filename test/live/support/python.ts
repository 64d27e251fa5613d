import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs one of the scripts of `test/live/python` with MLflow's Python client and gives what it printed last. */
export async function python(script: string, ...args: string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../python/${script}`, import.meta.url));
  const interpreter = process.env["TRACKLET_TEST_PYTHON"];
  if (interpreter === undefined)
    throw new Error("Cannot run Python as TRACKLET_TEST_PYTHON is not set: use npm run test:live");
  const { stdout } = await run(interpreter, [file, ...args], {
    maxBuffer: 1 << 28,
    env: { ...process.env, GIT_PYTHON_REFRESH: "quiet", MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: "false" },
  });
  return stdout.trim().split("\n").at(-1) ?? "";
}
