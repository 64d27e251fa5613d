import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import { NotFoundError } from "../errors/network-errors.ts";
import { type Core, exitTimeout, keep } from "./core.ts";
import { textOf } from "./entries.ts";
import type { RunHandle } from "./run.ts";
import { isServerId } from "./run-id.ts";
import { serverRunId } from "./server-run-id.ts";

/** Ids of the runs that go when this one is FINISHED and delivered: a process that died is made up for. */
export const REPLACES_TAG = "mlflow.tracklet.replaces";

/** Ids that a run with these tags was to replace. */
export function replacedBy(tags: Readonly<Record<string, string>>): string[] {
  return (tags[REPLACES_TAG] ?? "").split(",").filter((id) => /^[\w-]{1,256}$/.test(id));
}

/** Of these runs, by either id, and of those that they replace, the ones that are there still: MLflow's ids. */
export async function activeOf(core: Core, ids: readonly string[], limits: CallOptions): Promise<string[]> {
  const { runs } = await core.client();
  const active: string[] = [];
  const asked = new Set(ids);
  const get = async (id: string): Promise<RunData> =>
    runs.get(isServerId(id) ? id : await serverRunId(core, id, limits), limits);
  for (const id of asked) {
    const run = await get(id).catch((error: unknown) => {
      // A proxy has pages with 404 of its own.
      if (!(error instanceof NotFoundError && error.errorCode !== undefined)) throw error;
    });
    if (run?.info.lifecycleStage !== "active") continue;
    active.push(run.info.runId);
    for (const old of replacedBy(run.data.tags)) asked.add(old);
  }
  return active;
}

/** Deletes these runs once `run` is complete: FINISHED, and on the server as a whole. */
export function replaceAtEnd(core: Core, run: RunHandle, ids: readonly string[]): void {
  if (ids.length === 0) return;
  run.onEnd = (status) => {
    if (status === "FINISHED") keep(core.afterDelivery, replace(core, run, ids));
  };
}

async function replace(core: Core, run: RunHandle, ids: readonly string[]): Promise<void> {
  const tell = (old: string, reason: string, cause?: unknown): void => {
    const message = `The run "${old}" was not deleted, as ${reason}: delete it with createClient(tracker).runs.delete("${old}")`;
    core.guard.tell({ kind: "scope", message, run: run.localId, cause });
  };
  // Of what was given up before a server had it, none has anything.
  const wanted = ids.filter((id) => !core.guard.givenUp.has(id));
  let left = wanted;
  try {
    const undelivered = await core.queue.settle({
      runs: [run.localId, ...wanted.filter((id) => !isServerId(id))],
      timeout: exitTimeout(core),
    });
    if (undelivered > 0) {
      for (const old of wanted) tell(old, `the run "${run.name}" that replaces it is not delivered yet`);
      return;
    }
    const { runs } = await core.client();
    for (const old of await activeOf(core, wanted, {})) {
      left = [old];
      await runs.delete(old);
    }
  } catch (error) {
    for (const old of left) tell(old, textOf(error), error);
  }
}
