import type { FileInfo, MetricPoint, RunData } from "../client/types/entities.ts";
import type { CallOptions } from "../client/types/connection.ts";
import { artifactPath } from "./artifact-path.ts";
import { checkOptions } from "./check-options.ts";
import { type Core, handedOver, sharedLimits } from "./core.ts";
import { modelsOfRun } from "./log-model.ts";
import { limited } from "./limited.ts";
import type { Resources } from "../client/resources.ts";
import { serverRunId } from "./server-run-id.ts";
import type { ReadOptions } from "./types/run.ts";
import type { OpenArtifactOptions } from "./types/tracker.ts";

const defaultFreshness = 5000;

/**
 * Waits until this tracker's earlier writes (to a run, or to all) have arrived, at most `freshness` ms; gives how many
 * have not.
 */
export async function ownWrites(
  core: Core,
  run: string | undefined,
  options: ReadOptions | undefined,
): Promise<number> {
  checkOptions({ freshness: options?.freshness }, { freshness: [0] });
  const timeout = options?.freshness ?? defaultFreshness;
  const limits = sharedLimits(core, { timeout, ...(options?.signal && { signal: options.signal }) });
  await handedOver(core, limits());
  // By MLflow's id the queue knows only runs that it has been told of.
  if (run !== undefined && core.queue.localIdOf(run) === undefined) await core.queue.findRunId(run);
  const left = await core.queue.settle({
    timeout,
    ...limits(),
    ...(run === undefined ? {} : { runs: [run, ...modelsOfRun(core, run)] }),
  });
  return left + core.background.size;
}

/** Waits until what this tracker logged (to a run, or at all), and what others left in its queue file, is on the server; at most some seconds. */
export async function everythingDelivered(core: Core, { signal }: CallOptions, run?: string): Promise<void> {
  const limits = { timeout: defaultFreshness, ...(signal && { signal }) };
  await ownWrites(core, run, limits);
  if (core.queue.durable && core.options.delivery?.mode !== "manual") await core.queue.flush(limits);
}

/**
 * A read of one run: own writes first, then `body` with MLflow's id.
 *
 * @param names the options of the call beside those of every read, parted by spaces
 */
export function readRun<T>(
  core: Core,
  what: string,
  id: string,
  options: ReadOptions | undefined,
  names: string,
  body: (client: Resources, runId: string, options: CallOptions) => Promise<T>,
): Promise<T> {
  return limited(core, what, options, `freshness ${names}`.trim(), async (limits) => {
    await ownWrites(core, id, { ...options, ...limits });
    return body(await core.client(), await serverRunId(core, id, limits), limits);
  });
}

export function getRun(core: Core, id: string, options?: ReadOptions): Promise<RunData> {
  return readRun(core, "getRun", id, options, "", (client, runId, limits) => client.runs.get(runId, limits));
}

export function getMetricHistory(core: Core, id: string, key: string, options?: ReadOptions): Promise<MetricPoint[]> {
  return readRun(core, "getMetricHistory", id, options, "", (client, runId, limits) =>
    client.metrics.history({ runId, key }, limits).all(),
  );
}

export function listArtifacts(core: Core, id: string, path?: string, options?: ReadOptions): Promise<FileInfo[]> {
  return readRun(core, "listArtifacts", id, options, "", (client, runId, limits) =>
    client.artifacts.list(runId, path, limits),
  );
}

export function openArtifact(core: Core, id: string, path: string, options?: OpenArtifactOptions): Promise<Response> {
  const range = options?.range;
  return readRun(core, "openArtifact", id, options, "range", (client, runId, limits) =>
    client.artifacts.download(runId, artifactPath(path), { ...limits, ...(range && { range }) }),
  );
}

/** The run's page in MLflow's UI; undefined where the server is inside this process. */
export function runUrl(core: Core, id: string, options?: CallOptions): Promise<string | undefined> {
  return limited(core, "url", options, "", async (limits) => {
    if (core.embedded) return undefined;
    // Of a run that was started just now.
    if ((await core.queue.findRunId(id)) === undefined) await ownWrites(core, id, limits);
    const { runs } = await core.client();
    const { info } = await runs.get(await serverRunId(core, id, limits), limits);
    return `${core.connection.trackingUri}/#/experiments/${info.experimentId}/runs/${info.runId}`;
  });
}
