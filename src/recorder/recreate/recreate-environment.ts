import { ConfigurationError } from "../../errors/usage-errors.ts";
import { defaultRuntime } from "../../runtime/default-runtime.ts";
import { spawnOf } from "../../runtime/host.ts";
import type { Files } from "../../runtime/ports/files.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Tracker } from "../../tracker/types/tracker.ts";
import { applyDiff, checkOut, repositoryOf } from "./checkout.ts";
import { exactPackages } from "./exact-packages.ts";
import { versionFiles } from "./managers.ts";
import { pythonPackages } from "./python-packages.ts";
import { type RecordedParts, readRecording } from "./read-recording.ts";
import { readme } from "./readme.ts";
import { runCommand } from "./run-command.ts";
import { TargetFolder } from "./target-folder.ts";
import type { RecreatedEnvironment, RecreateOptions } from "./types.ts";

/** Follows `recreateEnvironment`, with checked options. */
export async function recreate(
  tracker: Tracker,
  recordingId: string,
  directory: string | URL,
  options: RecreateOptions,
): Promise<RecreatedEnvironment> {
  const runtime = (tracker.connection.runtime ?? defaultRuntime()) as Runtime;
  const { files } = runtime;
  if (files === undefined) {
    throw new ConfigurationError(
      "Cannot make an environment again as this platform has no file system: do it in Node, Deno or Bun",
    );
  }
  const folder = new TargetFolder(files, files.resolve(directory));
  await folder.mustBeEmpty();
  const { signal, timeout } = options;
  const limits = { ...(signal && { signal }), ...(timeout !== undefined && { timeout }) };
  const parts = await readRecording(tracker, recordingId, limits);
  return write(runtime, files, folder, parts, options);
}

async function write(
  runtime: Runtime,
  files: Files,
  folder: TargetFolder,
  parts: RecordedParts,
  options: RecreateOptions,
): Promise<RecreatedEnvironment> {
  const { environment, diff } = parts;
  const { git, project, packageManager } = environment;
  const problems: string[] = [];
  const spawn = await spawnOf(runtime);
  const repository = repositoryOf(parts, options, files);
  if (git !== undefined && repository !== undefined) {
    await checkOut(spawn, folder, files, repository, git.commit, options.signal);
  } else if (git !== undefined)
    problems.push(`Only files that were kept are here, and not those of commit ${git.commit}.`);
  if (diff !== undefined) {
    const why = repository === undefined || !spawn ? "its commit is not here" : await applyDiff(spawn, folder, diff);
    if (why !== undefined) {
      await folder.write("uncommitted.diff", diff);
      problems.push(`What was not committed is in uncommitted.diff and not applied as ${why}.`);
    }
  }
  // Here, as the changes may have brought links.
  await folder.makeDirectory(project);
  await writeKept(folder, parts, problems);

  const at = (file: string): string => (project === "" ? file : `${project}/${file}`);
  const { runtime: was } = environment;
  const versionFile = Object.hasOwn(versionFiles, was.name) ? versionFiles[was.name] : undefined;
  if (versionFile !== undefined && /^[\w.+-]+$/.test(was.version))
    await folder.write(at(versionFile), `${was.version}\n`);
  const recorded = packageManager?.name;
  const manager = options.manager ?? (recorded === "deno" || recorded === "bun" ? recorded : "npm");
  const install = await exactPackages(folder, parts, manager, problems);
  const { python, signal } = options;
  const pip = await pythonPackages(folder, parts, { spawn, python, signal }, problems);
  const run = runCommand(environment.command, manager, pip.program, problems);
  const missing: string[] = [];
  for (const arg of environment.command?.slice(1) ?? []) {
    if (isScript(arg) && !(await folder.has(at(arg.replace(/^\.\//, ""))))) missing.push(arg);
  }
  if (missing.length > 0) {
    const cure = git === undefined ? "" : `: commit ${git.commit} may have it`;
    problems.push(`${missing.join(", ")} of the command is not here${cure}.`);
  }
  const commands = [install, pip.install, run].filter((command) => command !== undefined);
  const name = (await folder.has(at("README.md"))) ? "README.tracklet.md" : "README.md";
  await folder.write(at(name), readme(parts, commands, problems));
  return { directory: folder.at(project), install, run, problems };
}

/** True for a script of the project itself. */
function isScript(arg: string): boolean {
  return /^(?![\\/-]|[A-Za-z]:)[^\s:]+\.(?:[cm]?[jt]sx?|py)$/.test(arg) && !arg.split("/").includes("..");
}

/** Writes the files that were kept, but for those without their secrets where the commit has them whole. */
async function writeKept(
  folder: TargetFolder,
  { environment, files }: RecordedParts,
  problems: string[],
): Promise<void> {
  const masked = new Set(environment.masked);
  for (const [path, bytes] of files) {
    if (!masked.has(path)) await folder.write(path, bytes);
    else if (await folder.has(path)) {
      problems.push(`${path} is that of the commit, as what was recorded of it has *** in the place of secrets.`);
    } else {
      await folder.write(path, bytes);
      problems.push(`${path} has *** in the place of secrets.`);
    }
  }
}
