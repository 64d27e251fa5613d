import type { Runtime } from "../runtime/runtime.ts";
import { gitCommit } from "./git-commit.ts";

/** What every run says about where it comes from; the server sets none of it. Best effort, never a prompt. */
export function systemTags(runtime: Runtime, user: string | undefined): Record<string, string> {
  const { environment, files } = runtime;
  const entry = environment.entry();
  const directory = environment.directory();
  const tags: Record<string, string | undefined> = {
    "mlflow.user": user,
    "mlflow.source.name": entry ?? runtime.name,
    "mlflow.source.type": "LOCAL",
    "mlflow.source.git.commit": files && attempt(() => gitCommit(files, home(entry, directory))),
    "mlflow.tracklet.runtime": environment.runtimeVersion(),
  };
  return Object.fromEntries(Object.entries(tags).filter((tag): tag is [string, string] => !!tag[1]));
}

/** The folder of the code that runs, as MLflow takes it: that of the script, else the working directory. */
function home(entry: string | undefined, directory: string | undefined): string {
  const folder =
    entry !== undefined && /^([\\/]|[A-Za-z]:[\\/])/.test(entry) ? entry.replace(/[\\/][^\\/]*$/, "") : undefined;
  return folder ?? directory ?? ".";
}

function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
