import type { Runtime } from "../runtime/runtime.ts";

/** What every run says about where it comes from; the server sets none of it. Best effort, never a prompt. */
export function systemTags(runtime: Runtime, user: string | undefined): Record<string, string> {
  const { environment } = runtime;
  const tags: Record<string, string | undefined> = {
    "mlflow.user": user,
    "mlflow.source.name": environment.entry() ?? runtime.name,
    "mlflow.source.type": "LOCAL",
    "mlflow.source.git.commit": environment.commit?.(),
    "mlflow.source.git.branch": environment.branch?.(),
    "mlflow.tracklet.runtime": environment.runtimeVersion(),
  };
  return Object.fromEntries(Object.entries(tags).filter((tag): tag is [string, string] => !!tag[1]));
}
