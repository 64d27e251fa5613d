import type { Spawn } from "../../runtime/ports/spawn.ts";
import { yamlText } from "../../tracker/yaml-text.ts";
import type { RecordedParts } from "./read-recording.ts";
import type { TargetFolder } from "./target-folder.ts";

/** Milliseconds for packages to be got and built. */
const PATIENCE = 1_800_000;

/** What makes a virtual environment. */
export interface PythonPlace {
  readonly spawn: Spawn | undefined;
  /** Undefined: none is made. */
  readonly python: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes the recorded Python packages for pip and for conda, and makes the virtual environment `.venv` where there is a
 * Python. Gives what installs them.
 */
export async function pythonPackages(
  folder: TargetFolder,
  { name, environment: { project }, requirements: { python } }: RecordedParts,
  { spawn, python: program, signal }: PythonPlace,
  problems: string[],
): Promise<string | undefined> {
  const at = (file: string): string => (project === "" ? file : `${project}/${file}`);
  const version = python.map((line) => /^python\s*(?:==|~=|>=)?\s*([\d.]*)/i.exec(line)?.[1]).find(Boolean);
  const lines = python.filter((line) => !/^python(?![\w.-])/i.test(line));
  if (lines.length > 0) {
    await folder.write(at("requirements.txt"), `${lines.join("\n")}\n`);
    const conda = {
      name:
        name
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, "-")
          .replace(/^-|-$/g, "") || "recording",
      channels: ["conda-forge"],
      dependencies: [`python${version === undefined ? "" : `=${version}`}`, "pip", { pip: lines }],
    };
    await folder.write(at("environment.yml"), yamlText(conda));
  } else if (!(await folder.has(at("requirements.txt")))) return undefined;
  if (version !== undefined) await folder.write(at(".python-version"), `${version}\n`);
  const install = "python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt";
  if (program === undefined) return install;
  const run = (command: string, args: readonly string[]) =>
    spawn?.(command, args, { directory: folder.at(project), timeout: PATIENCE, ...(signal && { signal }) });
  const made = await run(program, ["-m", "venv", ".venv"]);
  if (made?.code !== 0) {
    problems.push(`The virtual environment was not made as ${said(made, `there is no ${program}`)}: ${install}`);
    return install;
  }
  const bin = (await folder.has(at(".venv/bin"))) ? ".venv/bin/python" : ".venv/Scripts/python.exe";
  const has = await run(folder.at(at(bin)), ["-c", "import platform; print(platform.python_version())"]);
  const own = new TextDecoder().decode(has?.stdout).trim();
  if (version !== undefined && own !== version && !own.startsWith(`${version}.`)) {
    problems.push(`The recording asks for Python ${version}, and the virtual environment has ${own}.`);
  }
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", "requirements.txt"];
  const installed = await run(folder.at(at(bin)), pip);
  if (installed?.code === 0) return undefined;
  problems.push(`The Python packages were not installed as ${said(installed, "pip cannot be run")}: ${install}`);
  return install;
}

function said(result: Awaited<ReturnType<Spawn>>, none: string): string {
  if (result === undefined) return none;
  const last = result.stderr.trim().split("\n").at(-1);
  return last ? `it says ${JSON.stringify(last.slice(0, 300))}` : `it ended with ${result.code ?? "a signal"}`;
}
