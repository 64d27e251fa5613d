import { ConfigurationError } from "../../errors/usage-errors.ts";
import type { Files } from "../../runtime/ports/files.ts";
import { removeFolder } from "../../runtime/remove-folder.ts";
import type { Spawn } from "../../runtime/ports/spawn.ts";
import { gitFault, gitIn } from "../environment/git-program.ts";
import type { RecordedParts } from "./read-recording.ts";
import type { TargetFolder } from "./target-folder.ts";
import type { RecreateOptions } from "./types.ts";

/** Milliseconds for a commit to come from another machine. */
const PATIENCE = 600_000;
const cure = "give { repository: a path or an address that has it }, or { repository: false } for the kept files only";

/**
 * Where the commit of a recording is got from; undefined for nowhere, as there is none or none is wanted.
 *
 * @throws ConfigurationError when it is not known, or must not be used
 */
export function repositoryOf(
  { environment: { git } }: RecordedParts,
  { repository }: RecreateOptions,
  files: Files,
): string | undefined {
  if (git === undefined || repository === false) return undefined;
  if (repository !== undefined) {
    const given = String(repository);
    // A path from here: git runs in the new folder.
    return /^[a-z][a-z0-9+-]*:\/\/|^[^/\\]+@[^/\\]+:/i.test(given) && !given.startsWith("file:")
      ? given
      : files.resolve(given);
  }
  const problem =
    git.remote === undefined
      ? "it was recorded without the address of a repository"
      : // Whoever may write the run says it: a path or a helper of git would be of this machine.
        !/^(?:https?|ssh):\/\/[^-]|^[\w.-]+@[\w.-]+:[^-]/.test(git.remote) &&
        "its recorded address is none of a network";
  if (problem === false) return git.remote as string;
  throw new ConfigurationError(`Cannot get the commit ${git.commit} as ${problem}: ${cure}`);
}

/** Gets the commit into the folder, without its history. What git leaves of one that cannot be had is taken away. @throws ConfigurationError when it cannot be had */
export async function checkOut(
  spawn: Spawn | undefined,
  folder: TargetFolder,
  files: Files,
  repository: string,
  commit: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const failed = (why: string): ConfigurationError =>
    new ConfigurationError(`Cannot get the commit ${commit} as ${why}: ${cure}`);
  if (spawn === undefined) throw failed("this process may not run git");
  const isThere = (await files.stat(folder.path)) !== undefined;
  try {
    await files.makeDirectory(folder.path);
    await getCommit(spawn, folder, repository, commit, signal, failed);
  } catch (error) {
    await removeFolder(isThere ? folder.at(".git") : folder.path).catch(() => {});
    throw error;
  }
}

async function getCommit(
  spawn: Spawn,
  folder: TargetFolder,
  repository: string,
  commit: string,
  signal: AbortSignal | undefined,
  failed: (why: string) => ConfigurationError,
): Promise<void> {
  const git = gitIn(spawn, folder.path);
  const limits = { timeout: PATIENCE, ...(signal !== undefined && { signal }) };
  const begun = gitFault(await git(["init", "--quiet"]));
  if (begun !== undefined) throw failed(begun);
  let fetched = await git(["fetch", "--quiet", "--depth", "1", "--", repository, commit], limits);
  // Some servers give no single commits.
  if (fetched?.code !== 0) fetched = await git(["fetch", "--quiet", "--tags", "--", repository], limits);
  const fault = gitFault(fetched);
  if (fault !== undefined) throw failed(fault);
  const out = gitFault(await git(["-c", "core.autocrlf=false", "checkout", "--quiet", "--detach", commit], limits));
  if (out !== undefined) throw failed(out);
}

/** Applies what was not committed. Gives why it cannot. */
export async function applyDiff(spawn: Spawn, folder: TargetFolder, diff: Uint8Array): Promise<string | undefined> {
  const args = ["-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"];
  return gitFault(await gitIn(spawn, folder.path)(args, { input: diff }));
}
