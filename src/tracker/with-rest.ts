import type { CallOptions } from "../client/types/connection.ts";
import type { MetricPoint, RunData } from "../client/types/entities.ts";
import type { PartlySentRun } from "../queue/drain/waiting-runs.ts";
import type { Core } from "./core.ts";
import type { EarlierRun } from "./earlier-run.ts";

/** What of a run that the server has still waits here, as its answer is without that; undefined where nothing waits. */
export async function restOf(
  core: Core,
  { info, data }: RunData,
  { signal }: CallOptions,
): Promise<PartlySentRun | undefined> {
  const localId = core.queue.localIdOf(info.runId) ?? data.tags["mlflow.tracklet.runId"] ?? info.runId;
  const { points, requests } = core.queue.status().waiting;
  if (points + requests === 0) return undefined;
  try {
    return await (await core.queue.waiting())?.findSent(localId, signal);
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** What the server has of a run, and behind it what still waits. */
export function withRest(sent: EarlierRun, rest: PartlySentRun): EarlierRun {
  const latest = new Map(sent.latest.map((point) => [point.key, point]));
  for (const [key, point] of rest.latest)
    if (point.step >= (latest.get(key)?.step ?? point.step)) latest.set(key, point);
  return {
    params: { ...Object.fromEntries(rest.params), ...sent.params },
    tags: { ...sent.tags, ...Object.fromEntries(rest.tags) },
    latest: [...latest.values()],
    steps: rest.steps,
    inputs: [...sent.inputs, ...rest.inputs],
    history: async (key) => {
      // In this order, so that what arrives meanwhile is in one of them.
      const waiting = (await rest.history(key)) ?? [];
      const points = new Map([...waiting, ...(await sent.history(key))].map((point) => [nameOf(point), point]));
      return [...points.values()].sort((a, b) => a.timestamp - b.timestamp || a.step - b.step);
    },
  };
}

/** One for points that are the same to MLflow. */
function nameOf({ timestamp, step, value }: MetricPoint): string {
  return `${timestamp} ${step} ${value}`;
}
