import type { Spawn, SpawnOptions, SpawnResult } from "../../runtime/ports/spawn.ts";

/** What a hook or an outer git says of another place, and what would wait for a person. */
const environment = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_PREFIX: undefined,
  GIT_EXTERNAL_DIFF: undefined,
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh",
  LC_ALL: "C",
};

/** Runs git in one folder. */
export type Git = (args: readonly string[], options?: SpawnOptions) => Promise<SpawnResult | undefined>;

/** Git in a folder: asks nobody anything, and starts no program that a repository names. */
export function gitIn(spawn: Spawn, directory: string): Git {
  const quiet = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"];
  return (args, options) => spawn("git", [...quiet, ...args], { directory, environment, timeout: 20_000, ...options });
}

/** Why a call of git failed, in one line; undefined when it did not. */
export function gitFault(result: SpawnResult | undefined): string | undefined {
  if (result === undefined) return "git cannot be run";
  if (result.code === 0) return undefined;
  if (result.tooMuch) return "it is too large";
  if (result.code === undefined) return "git took too long";
  const said =
    result.stderr.split("\n").find((line) => /^(?:fatal|error): /.test(line)) ?? result.stderr.split("\n")[0];
  return `git says: ${said || `exit code ${result.code}`}`;
}
