import type { Spawn } from "../../runtime/ports/spawn.ts";
import { yamlText } from "../../tracker/yaml-text.ts";
import type { RecordedParts } from "./read-recording.ts";
import type { TargetFolder } from "./target-folder.ts";

/** Milliseconds for packages to be got and built. */
const PATIENCE = 1_800_000;

/** What makes a virtual environment. */
export interface PythonPlace {
  readonly spawn: Spawn | undefined;
  /** What the caller asks for; undefined: `python3`, and nothing that a recording could bring as code. */
  readonly python: string | false | undefined;
  readonly signal: AbortSignal | undefined;
}

/** How the Python packages of a project are got. */
export interface PythonSetup {
  /** What still installs them. */
  readonly install?: string;
  /** The Python that has them, from the project's folder. */
  readonly program?: string;
}

/**
 * Writes the recorded Python packages for pip and for conda, and makes the virtual environment `.venv` where there is a
 * Python. Whoever may write to the server may have written a recording, so Python is isolated (`-I`), as modules beside it
 * would come first, and pip runs on its own only for plain names and versions that are built already.
 */
export async function pythonPackages(
  folder: TargetFolder,
  { name, environment: { project }, requirements: { python }, constraints }: RecordedParts,
  { spawn, python: wanted, signal }: PythonPlace,
  problems: string[],
): Promise<PythonSetup> {
  const at = (file: string): string => (project === "" ? file : `${project}/${file}`);
  const version = python.map((line) => /^python\s*(?:==|~=|>=)?\s*([\d.]*)/i.exec(line)?.[1]).find(Boolean);
  const lines = python.filter((line) => !/^python(?![\w.-])/i.test(line));
  if (lines.length > 0) {
    await folder.write(at("requirements.txt"), `${lines.join("\n")}\n`);
    await folder.write(at("environment.yml"), yamlText(condaEnvironment(name, version, lines)));
  } else if (!(await folder.has(at("requirements.txt")))) return {};
  if (version !== undefined) await folder.write(at(".python-version"), `${version}\n`);
  // What the packages need themselves, as it was.
  const isPinned = constraints.length > 0;
  if (isPinned) await folder.write(at(CONSTRAINTS), `${constraints.join("\n")}\n`);
  const given = (above = ""): string[] => [
    "-r",
    `${above}requirements.txt`,
    ...(isPinned ? ["-c", above + CONSTRAINTS] : []),
  ];
  const byHand = `python3 -I -m venv ${VENV} && ${VENV}/bin/python -I -m pip install ${given().join(" ")}`;
  if (await folder.has(at(VENV))) {
    problems.push(`${VENV} came with the recording, and was not used: look at it or take it away, then ${byHand}`);
    return {};
  }
  const setup = { install: byHand, program: `${VENV}/bin/python` };
  if (wanted === false) return setup;
  const run = async (command: string, args: readonly string[], place: string) => {
    await folder.makeDirectory(place);
    return spawn?.(command, ["-I", ...args], {
      directory: folder.at(place),
      timeout: PATIENCE,
      ...(signal && { signal }),
    });
  };
  const made = await run(wanted ?? "python3", ["-m", "venv", VENV], project);
  if (made?.code !== 0) {
    problems.push(
      `The virtual environment was not made as ${said(made, `there is no ${wanted ?? "python3"}`)}: ${byHand}`,
    );
    return setup;
  }
  const program = (await folder.has(at(`${VENV}/bin`))) ? setup.program : `${VENV}/Scripts/python.exe`;
  const ask = ["-c", "import platform; print(platform.python_version())"];
  const has = await run(folder.at(at(program)), ask, at(VENV));
  const own = new TextDecoder().decode(has?.stdout).trim();
  if (version !== undefined && own !== version && !own.startsWith(`${version}.`)) {
    problems.push(`The recording asks for Python ${version}, and the virtual environment has ${own}.`);
  }
  const install = `${program} -I -m pip install ${given().join(" ")}`;
  const isAsked = wanted !== undefined;
  if (!isAsked && !(lines.length > 0 && lines.every(isPlain))) {
    problems.push(
      `The Python packages were not installed as requirements.txt may name code of the recording: look at it, then ${install}, or give { python: "python3" }`,
    );
    return { install, program };
  }
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
  const installed = isAsked
    ? await run(folder.at(at(program)), [...pip, ...given()], project)
    : // From in there no file of the recording is beside it.
      await run(folder.at(at(program)), [...pip, "--only-binary", ":all:", ...given("../")], at(VENV));
  if (installed?.code === 0) return { program };
  problems.push(`The Python packages were not installed as ${said(installed, "pip cannot be run")}: ${install}`);
  return { install, program };
}

const VENV = ".venv";
const CONSTRAINTS = "constraints.txt";

/** True for a name with versions: no address, no path, no file that lies there, nothing that pip reads from variables. */
function isPlain(line: string): boolean {
  const [, name = ""] = /^([\w.-]+)(?:\[[\w.,\s-]*\])?\s*(?:[<>=!~][\w.*+!,<>=~ ]*)?(?:;[^$@\\]*)?$/.exec(line) ?? [];
  return name !== "" && !/\.(?:whl|zip|tar|tgz|tbz|txz|tlz|gz|bz2|xz|lzma)$/i.test(name);
}

function condaEnvironment(name: string, version: string | undefined, lines: readonly string[]) {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return {
    name: plain.replace(/^-|-$/g, "") || "recording",
    channels: ["conda-forge"],
    dependencies: [`python${version === undefined ? "" : `=${version}`}`, "pip", { pip: [...lines] }],
  };
}

function said(result: Awaited<ReturnType<Spawn>>, none: string): string {
  if (result === undefined) return none;
  const last = result.stderr.trim().split("\n").at(-1);
  return last ? `it says ${JSON.stringify(last.slice(0, 300))}` : `it ended with ${result.code ?? "a signal"}`;
}
