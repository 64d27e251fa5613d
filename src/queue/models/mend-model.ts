import type { CallOptions } from "../../client/types/connection.ts";
import type { LoggedModel } from "../../client/types/logged-models.ts";
import type { MetricColumns } from "../chunk/columns.ts";
import { findModels, MODEL_ID_TAG, modelsOf } from "./create-model.ts";
import { DUPLICATE_TAG, type SendOptions } from "../send/create-run.ts";
import type { DeliveryClient } from "../send/delivery-client.ts";
import { lost, type Parted, partBy, type Settle } from "../send/after-refusal.ts";
import type { Repair } from "../send/mender.ts";
import { isMissing, unlessMissing } from "../send/missing.ts";
import { ParkError } from "../send/outcome.ts";
import type { RunMapping } from "../run-mapping.ts";

/**
 * Resolves when a logged model can be written, so that what was refused is the chunk.
 *
 * @throws ParkError when it is deleted, lost, or another one by now.
 */
export async function checkModel(
  client: DeliveryClient,
  { runId: modelId, localId }: RunMapping,
  settle: Settle,
  options: CallOptions,
): Promise<void> {
  const get = (): Promise<LoggedModel> => modelsOf(client).get(modelId, options);
  const { tags } = await get()
    .catch((error: unknown) => {
      // Not found is weak evidence: a replica may not have heard of it yet.
      if (isMissing(error)) return settle().then(get);
      throw error;
    })
    .catch(lost(`the server has no logged model ${modelId} any more, or it is deleted`));
  if (tags[MODEL_ID_TAG] !== localId) {
    throw new ParkError(`logged model ${modelId} on the server is another one: was the server restored or replaced?`);
  }
}

/** Parts points into those that the model has and those that it has not: that the run has them is not enough. */
export async function readBackModel(
  client: DeliveryClient,
  { runId: modelId, model }: RunMapping,
  columns: MetricColumns,
  options: CallOptions,
): Promise<Parted> {
  const { metrics } = await modelsOf(client).get(modelId, options);
  const own = metrics.filter(({ runId }) => runId === model?.runId);
  // MLflow keeps NaN as 0 here.
  const { present } = partBy(own, {
    ...columns,
    value: columns.value.map((value) => (Number.isNaN(value) ? 0 : value)),
  });
  if (present.count === columns.count) return { present: columns, missing: { ...columns, count: 0 } };
  return partBy(own, columns);
}

/** An empty twin is deleted; one that holds data is tagged and left. */
export async function modelTwins(
  client: DeliveryClient,
  { runId: modelId, localId, experimentId, model }: RunMapping,
  report: (message: string) => void,
  options: SendOptions,
): Promise<readonly Repair[]> {
  if (model?.folder !== undefined) return [];
  const models = modelsOf(client);
  const repairs: Repair[] = [];
  for (const twin of await findModels(client, localId, experimentId, options)) {
    if (twin.modelId === modelId || DUPLICATE_TAG in twin.tags) continue;
    // Somebody else may have deleted it meanwhile.
    const files = await models.listArtifacts(twin.modelId, "", options).catch(unlessMissing);
    const isEmpty = twin.metrics.length === 0 && (files ?? []).length === 0;
    repairs.push({
      send: async () => {
        await client.check?.();
        if (isEmpty) return models.delete(twin.modelId, options).catch(unlessMissing);
        await models.setTags(twin.modelId, { [DUPLICATE_TAG]: modelId }, options);
        report(
          `Logged model ${twin.modelId} is a second one for ${modelId} and holds data: it was tagged "${DUPLICATE_TAG}"`,
        );
      },
    });
  }
  return repairs;
}
