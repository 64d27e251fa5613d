import type { CallOptions } from "../client/types/connection.ts";
import type { Experiment } from "../client/types/entities.ts";
import { AlreadyExistsError, NetworkError } from "../errors/network-errors.ts";
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
  const known = await shardRun(tools, experiment, shard, options);
  if (known !== undefined) return known;
  const made = await newRun(tools, experiment.experimentId, `locks ${shard}`, options);
  if (await writeOnce({ client, runId: rootOf(experiment) }, shardKey(shard), made, options)) return made;
  await client.runs.delete(made, options);
  return lockRun(tools, shard, options);
}

/** The same, but makes nothing: undefined while no such name was claimed. */
export async function knownLockRun(
  tools: ClaimTools,
  shard: string,
  options: CallOptions,
): Promise<string | undefined> {
  const experiment = await activeExperiment(tools, options);
  return experiment === undefined ? undefined : shardRun(tools, experiment, shard, options);
}

async function shardRun(
  { client }: ClaimTools,
  experiment: Experiment,
  shard: string,
  options: CallOptions,
): Promise<string | undefined> {
  return (await client.runs.get(rootOf(experiment), options)).data.params[shardKey(shard)];
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
