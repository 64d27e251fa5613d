import { defaultRuntime } from "../../runtime/default-runtime.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Run } from "../../tracker/types/run.ts";
import type { Tracker } from "../../tracker/types/tracker.ts";
import { captureEnvironment } from "./capture-environment.ts";
import {
  DESCRIPTION,
  DIFF,
  ENVIRONMENT,
  ENVIRONMENT_TAG,
  type EnvironmentOptions,
  FILES,
  PACKAGES,
  type RecordedEnvironment,
} from "./types.ts";

/** Captures the environment of a run, and logs it. What cannot be kept stands in its description. */
export async function recordEnvironment(tracker: Tracker, run: Run, options: EnvironmentOptions): Promise<void> {
  // What a tracker gives as what its client needs is all of its runtime.
  const runtime = (tracker.connection.runtime ?? defaultRuntime()) as Runtime;
  const { environment, files, diff, packages } = await captureEnvironment(
    runtime,
    options,
    secretsOf(tracker),
    tracker.queue.status().storage,
  );
  run.setTags(tagsOf(environment));
  for (const [path, bytes] of files) {
    const [name = path] = path.split("/").slice(-1);
    const folder = `${FILES}/${path}`.slice(0, -name.length - 1);
    await run.logArtifact(bytes, folder, { name });
  }
  if (diff !== undefined) await run.logArtifact(diff, ENVIRONMENT, { name: DIFF.slice(ENVIRONMENT.length + 1) });
  if (Object.keys(packages).length > 0) await run.logJson(packages, PACKAGES);
  await run.logJson(environment, DESCRIPTION);
  // Last: who sees it finds all of it.
  run.setTag(ENVIRONMENT_TAG, DESCRIPTION);
}

/** What people search and compare runs by. */
function tagsOf({ os, cpu, gpu, git, packageManager: manager }: RecordedEnvironment): Record<string, string> {
  const tags: Record<string, string | undefined> = {
    "mlflow.tracklet.os": os && [os.name, os.release, os.architecture].filter(Boolean).join(" "),
    "mlflow.tracklet.cpu": cpu && `${cpu.model === undefined ? "" : `${cpu.model}, `}${cpu.cores} cores`,
    "mlflow.tracklet.gpu": gpu && Object.values(gpu).join(" "),
    "mlflow.tracklet.packageManager": manager && [manager.name, manager.version].filter(Boolean).join(" "),
    "mlflow.source.git.commit": git?.commit,
    "mlflow.source.git.branch": git?.branch,
    "mlflow.source.git.repoURL": git?.remote,
    "mlflow.tracklet.git.dirty": git && String(git.diff),
  };
  return Object.fromEntries(Object.entries(tags).filter((tag): tag is [string, string] => !!tag[1]));
}

/** What the tracker proves itself with: it may stand on a command line, too. */
function secretsOf({ connection: { auth } }: Tracker): string[] {
  if (auth === undefined || typeof auth === "function") return [];
  return "token" in auth ? [auth.token] : [auth.password];
}
