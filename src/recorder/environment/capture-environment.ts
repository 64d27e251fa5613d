import { hostOf, spawnOf } from "../../runtime/host.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { commandLine } from "./command-line.ts";
import { findProject, type Project } from "./find-project.ts";
import { gitChanges, type GitChanges } from "./git-changes.ts";
import { installedPackages } from "./installed-packages.ts";
import { KeptFiles } from "./kept-files.ts";
import { packageManagerOf } from "./package-manager.ts";
import { keepProjectFiles } from "./project-files.ts";
import { Secrets } from "./secrets.ts";
import { keepSources } from "./source-files.ts";
import type { EnvironmentOptions, RecordedEnvironment } from "./types.ts";
import { keptVariables, withoutPlaces } from "./variables.ts";

/** An environment with what belongs to it. */
export interface CapturedEnvironment {
  readonly environment: RecordedEnvironment;
  /** Bytes by path in the tree. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly diff: Uint8Array<ArrayBuffer> | undefined;
  /** Versions of all installed packages, by place. */
  readonly packages: Readonly<Record<string, string>>;
}

/**
 * Looks at all that a recording depends on, and changes nothing.
 *
 * @param known Secrets that no variable holds.
 * @param queue The file that the recording waits in.
 */
export async function captureEnvironment(
  runtime: Runtime,
  options: EnvironmentOptions,
  known: readonly string[] = [],
  queue?: string,
): Promise<CapturedEnvironment> {
  const { clock, environment } = runtime;
  const recordedAt = clock.now();
  const host = await hostOf(runtime);
  const secrets = new Secrets(await withoutPlaces(host.variables(), runtime.files), known);
  const { command: own, ...facts } = await host.facts();
  const project = await findProject(runtime, options);
  const [name = runtime.name, version = ""] = environment.runtimeVersion().split(" ");
  const command = options.command ?? own;
  const local =
    project === undefined
      ? undefined
      : await captureProject(runtime, project, new KeptFiles(project, secrets, queue), secrets);
  return {
    environment: {
      version: 1,
      recordedAt,
      runtime: options.runtime ?? { name, version },
      ...facts,
      ...(command !== undefined && { command: commandLine(command, project, secrets) }),
      variables: keptVariables((one) => environment.get(one), options.variables ?? [], secrets),
      project: project?.path ?? "",
      ...(local?.about ?? { files: [], packages: {}, leftOut: [] }),
    },
    files: local?.kept.files ?? new Map(),
    diff: local?.changes?.diff,
    packages: local?.packages ?? {},
  };
}

interface CapturedProject {
  readonly about: Pick<RecordedEnvironment, "packageManager" | "git" | "files" | "masked" | "packages" | "leftOut">;
  readonly kept: KeptFiles;
  readonly changes: GitChanges | undefined;
  readonly packages: Readonly<Record<string, string>>;
}

async function captureProject(
  runtime: Runtime,
  project: Project,
  kept: KeptFiles,
  secrets: Secrets,
): Promise<CapturedProject> {
  const lock = await keepProjectFiles(project, kept);
  const agent = runtime.environment.get("npm_config_user_agent");
  const packageManager = packageManagerOf(project, kept, lock, agent, runtime.name);
  const { commit, branch } = project.head;
  const changes = commit === undefined ? undefined : await gitChanges(await spawnOf(runtime), project, secrets, kept);
  if (changes?.told !== true) await keepSources(project, kept);
  const { direct, all } = await installedPackages(project, kept);
  const { remote, diff } = changes ?? {};
  const git = { ...(branch && { branch }), ...(remote && { remote }), diff: diff !== undefined };
  const about = {
    ...(packageManager && { packageManager }),
    ...(commit !== undefined && { git: { commit, ...git } }),
    files: [...kept.files.keys()].toSorted(),
    ...(kept.masked.length > 0 && { masked: kept.masked.toSorted() }),
    packages: direct,
    leftOut: kept.leftOut,
  };
  return { about, kept, changes, packages: all };
}
