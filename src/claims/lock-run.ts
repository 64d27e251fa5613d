import type { CallOptions } from "../client/types/connection.ts";
import type { Experiment, RunData } from "../client/types/entities.ts";
import { AlreadyExistsError, BadRequestError, NetworkError, NotFoundError } from "../errors/network-errors.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import { type ClaimTools, writeOnce } from "./claim-place.ts";

/** The experiment that holds the lock runs of a server; its tag names the first of them. */
const EXPERIMENT = "tracklet locks";
const ROOT_TAG = "mlflow.tracklet.lockRun";
const description =
  "Claims of tracklet: who works on what, so that nothing is done twice. Its runs hold locks and no results; deleting them forgets who has what.";

/**
 * The run on which claims with names that begin like this live. Names of runs are not unique in MLflow, names of
 * experiments are: so the experiment names a first run, and each shard is a write-once param of that one. Shards keep a
 * run small: MLflow takes long to give one with thousands of params.
 *
 * @param shard Two hexadecimal digits of the name's hash, never of the time: clocks differ, and so would the locks.
 */
export async function lockRun(tools: ClaimTools, shard: string, options: CallOptions): Promise<string> {
  const { client } = tools;
  const experiment = await lockExperiment(tools, options);
  const root = await rootRun(tools, experiment, options);
  const known = root.data.params[shardKey(shard)];
  if (known !== undefined) return known;
  // Before another run is made, which nobody would find.
  await mustBeActive(tools, root, options);
  const made = await newRun(tools, experiment.experimentId, `locks ${shard}`, options);
  try {
    if (await writeOnce({ client, runId: root.info.runId }, shardKey(shard), made, options)) return made;
  } catch (error) {
    // Without an answer it may be the lock run of its names by now.
    if (!(error instanceof NetworkError)) await client.runs.delete(made, options).catch(() => {});
    throw await lockRunFault(tools, root.info.runId, error, options);
  }
  await client.runs.delete(made, options);
  return lockRun(tools, shard, options);
}

/** A failure with the way to mend it, where it is that somebody has deleted a lock run. */
export async function lockRunFault(
  tools: ClaimTools,
  runId: string,
  error: unknown,
  options: CallOptions,
): Promise<unknown> {
  if (!(error instanceof BadRequestError)) return error;
  try {
    await mustBeActive(tools, await tools.client.runs.get(runId, options), options, error);
  } catch (reason) {
    if (reason instanceof ConfigurationError) return reason;
  }
  return error;
}

/** A deleted run takes no params; it is deleted with its experiment too. */
async function mustBeActive(
  { client }: ClaimTools,
  { info: { runId, experimentId, lifecycleStage } }: RunData,
  options: CallOptions,
  cause?: unknown,
): Promise<void> {
  if (lifecycleStage !== "deleted") return;
  const home = await client.experiments.get(experimentId, options);
  const isHomeless = home.lifecycleStage === "deleted";
  const where = `the lock run "${runId}" must be active, and ${isHomeless ? `its experiment "${home.name}"` : "it"} is deleted`;
  const cure = isHomeless ? `experiments.restore("${experimentId}")` : `runs.restore("${runId}")`;
  throw new ConfigurationError(
    `Cannot claim as ${where}: restore it with createClient(tracker).${cure}`,
    cause === undefined ? undefined : { cause },
  );
}

/** The same, but makes nothing: undefined while no such name was claimed. */
export async function knownLockRun(
  tools: ClaimTools,
  shard: string,
  options: CallOptions,
): Promise<string | undefined> {
  const experiment = await activeExperiment(tools, options);
  if (experiment === undefined) return undefined;
  return (await rootRun(tools, experiment, options)).data.params[shardKey(shard)];
}

async function rootRun({ client }: ClaimTools, experiment: Experiment, options: CallOptions): Promise<RunData> {
  const root = rootOf(experiment);
  try {
    return await client.runs.get(root, options);
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new ConfigurationError(
      `Cannot claim as the first lock run "${root}" is gone for good: rename the experiment "${EXPERIMENT}", and the next claim makes new locks, which know nothing of the old ones`,
      { cause },
    );
  }
}

function shardKey(shard: string): string {
  return `mlflow.tracklet.shard.${shard}`;
}

function rootOf({ tags }: Experiment): string {
  const root = tags[ROOT_TAG];
  if (root !== undefined) return root;
  throw new ConfigurationError(
    `Cannot claim as the experiment "${EXPERIMENT}" must have the tag ${ROOT_TAG}, and it has none: rename that experiment, which is not of tracklet's making`,
  );
}

async function lockExperiment(tools: ClaimTools, options: CallOptions): Promise<Experiment> {
  const { client } = tools;
  const found = await activeExperiment(tools, options);
  if (found !== undefined) return found;
  const root = await newRun(tools, await anyExperiment(tools, options), EXPERIMENT, options);
  const tags = { [ROOT_TAG]: root, "mlflow.note.content": description };
  try {
    await client.experiments.create({ name: EXPERIMENT, tags }, options);
  } catch (error) {
    // A lost answer: whether it was made, and by whom, is told by its tag.
    if (!(error instanceof AlreadyExistsError) && !(error instanceof NetworkError)) throw error;
  }
  const experiment = await activeExperiment(tools, options);
  if (experiment === undefined)
    throw new ConfigurationError(`Cannot claim as the experiment "${EXPERIMENT}" is gone again`);
  if (experiment.tags[ROOT_TAG] !== root) await client.runs.delete(root, options);
  return experiment;
}

async function activeExperiment({ client }: ClaimTools, options: CallOptions): Promise<Experiment | undefined> {
  const experiment = await client.experiments.getByName(EXPERIMENT, options);
  if (experiment === undefined || experiment.lifecycleStage === "active") return experiment;
  throw new ConfigurationError(
    `Cannot claim as the experiment "${EXPERIMENT}" is deleted: restore it with createClient(tracker).experiments.restore("${experiment.experimentId}")`,
  );
}

/** Where the first lock run goes, as it must be there before the experiment that names it. */
async function anyExperiment({ client }: ClaimTools, options: CallOptions): Promise<string> {
  const page = await client.experiments.search({ maxResults: 1, orderBy: "experiment_id ASC" }, options);
  const [first] = page.items;
  if (first !== undefined) return first.experimentId;
  throw new ConfigurationError("Cannot claim as the server has no active experiment: create one with setExperiment()");
}

async function newRun(
  { client }: ClaimTools,
  experimentId: string,
  name: string,
  options: CallOptions,
): Promise<string> {
  const tags = { "mlflow.note.content": description };
  return (await client.runs.create({ experimentId, name, tags }, options)).info.runId;
}
