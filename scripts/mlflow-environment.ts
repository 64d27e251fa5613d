import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where a released MLflow is installed. */
export interface MlflowEnvironment {
  readonly version: string;
  /** The environment's Python. */
  readonly python: string;
  /** The environment's `mlflow` command. */
  readonly mlflow: string;
}

/** Environments are kept outside the clone, by version, so that a new clone does not install MLflow again. */
function cacheDirectory(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tracklet");
}

async function systemPython(): Promise<string> {
  for (const name of ["python3", "python"]) {
    try {
      const { stdout } = await run(name, ["-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"]);
      const [major = 0, minor = 0] = stdout.trim().split(".").map(Number);
      if (major === 3 && minor >= 10) return name;
    } catch {
      // Not there, or without venv: the next name is tried.
    }
  }
  throw new Error(
    "Cannot test against MLflow as Python 3.10 or later with venv is missing: install python3 and python3-venv",
  );
}

function command(file: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${file} ${args.join(" ")} ended with ${code}`)),
    );
  });
}

/**
 * Gives the virtual environment of one MLflow release, made on first use.
 *
 * @param version - release, such as `3.17.2`
 * @param packages - what to install beside it, such as a database driver
 */
export async function mlflowEnvironment(version: string, packages: readonly string[] = []): Promise<MlflowEnvironment> {
  const name = [`mlflow-${version}`, ...packages.map((p) => p.replace(/[^\w.]+/g, "-"))].join("_");
  const directory = join(cacheDirectory(), name);
  const ready = join(directory, ".ready");
  // The mark is written last: an installation that was interrupted is not taken for a whole one.
  if (!existsSync(ready)) {
    await rm(directory, { recursive: true, force: true });
    await mkdir(cacheDirectory(), { recursive: true });
    console.error(`installing MLflow ${version} into ${directory} (once, about a minute)`);
    await command(await systemPython(), ["-m", "venv", directory]);
    await command(join(directory, "bin/python"), [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      `mlflow==${version}`,
      // MLflow 2 names no upper bound, and does not start on SQLAlchemy 2.1.
      ...(version.startsWith("2.") ? ["sqlalchemy<2.1"] : []),
      ...packages,
    ]);
    await writeFile(ready, `${version}\n`);
  }
  return { version, python: join(directory, "bin/python"), mlflow: join(directory, "bin/mlflow") };
}
