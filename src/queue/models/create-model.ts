import { LoggedModelsResource } from "../../client/logged-models.ts";
import type { LoggedModel, ModelOutput } from "../../client/types/logged-models.ts";
import { HttpError } from "../../errors/network-errors.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { Settle } from "../send/after-refusal.ts";
import type { SendOptions } from "../send/create-run.ts";
import type { DeliveryClient } from "../send/delivery-client.ts";
import { unlessMissing } from "../send/missing.ts";
import type { Problems } from "../problems.ts";
import { sleep } from "../send/sleep.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { NewModel } from "../types.ts";

/** Our id of a logged model, as a tag on the server. */
export const MODEL_ID_TAG = "mlflow.tracklet.modelId";

/** What creating a model needs. */
export interface ModelParts {
  readonly client: DeliveryClient;
  readonly problems: Problems;
  readonly clock: Clock;
  readonly settleDelay: number;
}

/** What is known of earlier tries, and who wants to know of this one. */
export interface ModelTry {
  /** Creates that may have reached the server. */
  readonly attempts: number;
  /** Called right before the request that must not be repeated blindly. */
  readonly mark: () => Promise<void>;
  /** Called when the model is there. */
  readonly made: () => void;
}

/**
 * Creates a logged model once, and tells its run of it. On a server that has no logged models, before MLflow 3, it is a
 * folder in the artifacts of the run.
 */
export async function createModel(
  { client, problems, clock, settleDelay }: ModelParts,
  model: NewModel,
  run: RunMapping,
  { attempts, mark, made }: ModelTry,
  options: SendOptions,
): Promise<RunMapping> {
  const { localId, name, type: modelType } = model;
  const { experimentId, runId } = run;
  const link = { run: model.run, runId };
  let found: LoggedModel | undefined;
  try {
    if (attempts > 0) [found] = await findModels(client, localId, experimentId, options);
    if (attempts > 1 || (!found && attempts > 0)) {
      // Not found is weak evidence, as it is of runs.
      await sleep(clock, settleDelay, options.signal);
      [found] = await findModels(client, localId, experimentId, options);
    }
    if (!found) {
      await mark();
      const tags = { ...model.tags, [MODEL_ID_TAG]: localId };
      const about = { experimentId, name, sourceRunId: runId, params: model.params, tags };
      await client.check?.();
      found = await modelsOf(client).create({ ...about, ...(modelType !== undefined && { modelType }) }, options);
      if (attempts > 0) {
        // As of runs: who created another one at the same time takes the same of both.
        await sleep(clock, settleDelay, options.signal);
        found = (await findModels(client, localId, experimentId, options))[0] ?? found;
      }
    }
  } catch (error) {
    const version = await versionWithout(client, error, options);
    if (version === undefined) throw error;
    const message = `Cannot make a logged model of "${name}" as MLflow ${version} has none: its files go into the artifacts of the run, under "${name}/". MLflow 3 has logged models`;
    problems.report({ kind: "unsupported", run: model.run, key: "logged models", message });
    const { artifactUri, adopted } = run;
    const own = { ...(artifactUri !== undefined && { artifactUri }), ...(adopted && { adopted }) };
    return { localId, runId: `${runId}/${name}`, experimentId, name, ...own, model: { ...link, folder: name } };
  }
  made();
  const settle = (): Promise<void> => sleep(clock, settleDelay, options.signal);
  await tell(client, runId, { modelId: found.modelId, step: model.step }, settle, options);
  return { localId, runId: found.modelId, experimentId, artifactUri: found.artifactUri, name, model: link };
}

/** Logged models that carry our id, the one to take first; deleted ones are not shown by any search. */
export async function findModels(
  client: DeliveryClient,
  localId: string,
  experimentId: string,
  options: SendOptions,
): Promise<LoggedModel[]> {
  const filter = `tags.\`${MODEL_ID_TAG}\` = '${localId}'`;
  const all = await modelsOf(client)
    .search({ experimentIds: [experimentId], filter }, options)
    .all();
  return all.filter(({ tags }) => tags[MODEL_ID_TAG] === localId).sort((a, b) => (a.modelId < b.modelId ? -1 : 1));
}

/** Says that the run made the model. MLflow refuses to hear it twice. */
async function tell(
  client: DeliveryClient,
  runId: string,
  model: ModelOutput,
  settle: Settle,
  options: SendOptions,
): Promise<void> {
  try {
    await client.runs.logOutputs(runId, [model], options);
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 400) throw error;
    const isTold = async (): Promise<boolean> =>
      (await client.runs.get(runId, options)).outputs.models.some(({ modelId }) => modelId === model.modelId);
    const shown = await isTold().catch(unlessMissing);
    if (shown) return;
    // A replica may not have heard of it yet, nor of the run.
    await settle();
    if (!(await isTold())) throw error;
  }
}

/** The release of a server that has no such route; undefined when the error says something else. */
async function versionWithout(
  { server }: DeliveryClient,
  error: unknown,
  options: SendOptions,
): Promise<string | undefined> {
  if (!(error instanceof HttpError) || (error.status !== 404 && error.status !== 405)) return undefined;
  if (error.errorCode !== undefined && error.errorCode !== "ENDPOINT_NOT_FOUND") return undefined;
  const version = await server.version(options);
  return /^[012]\./.test(version) ? version : undefined;
}

/** What asks for logged models. */
export function modelsOf({ loggedModels, transport }: DeliveryClient): LoggedModelsResource {
  return loggedModels ?? new LoggedModelsResource(transport!);
}
