import type { Content } from "../chunk/content.ts";
import { modelsOf } from "./create-model.ts";
import type { SendOptions } from "../send/create-run.ts";
import type { DeliveryClient } from "../send/delivery-client.ts";
import { metricsBody } from "../chunk/metrics-body.ts";
import { checkSize, folderOf, sendArtifact, whole, withTimeFor } from "../send/send.ts";
import { ofStorage } from "../send/storage-trouble.ts";
import type { QueueStore } from "../storage.ts";
import type { RunMapping } from "../run-mapping.ts";

/** Sends one chunk of a logged model that exists, or of one that is kept in the artifacts of its run. */
export async function sendToModel(
  client: DeliveryClient,
  { localId, runId: modelId, artifactUri, model }: RunMapping,
  content: Content,
  blob: Blob | undefined,
  store: Pick<QueueStore, "accounts">,
  options: SendOptions,
): Promise<void> {
  const { runId = "", folder } = model ?? {};
  const models = modelsOf(client);
  const place = { ...options, ...(artifactUri !== undefined && { artifactUri }) };
  switch (content.kind) {
    case "metrics":
      return client.runs.logBatchBody(
        metricsBody(runId, content.columns, folder === undefined ? modelId : undefined),
        options,
      );
    case "artifact": {
      const path = content.request;
      if (folder !== undefined) return sendArtifact(client, runId, `${folder}/${path}`, blob, place);
      return whole(path, blob, async (body) => {
        await client.check?.();
        await models.uploadArtifact(modelId, path, body, withTimeFor(body, place));
        checkSize(path, body, await models.listArtifacts(modelId, folderOf(path), options));
      });
    }
    case "finalize": {
      if (folder !== undefined) return;
      const failed = content.request.failed || (await lacksFiles(store, localId));
      await client.check?.();
      await models.finalize(modelId, failed ? "FAILED" : "READY", options);
      return;
    }
  }
}

/** True when a file of the model was refused for good, or thrown away after that. */
async function lacksFiles(store: Pick<QueueStore, "accounts">, localId: string): Promise<boolean> {
  const records = await ofStorage(store.accounts(localId));
  return records.some(({ fates }) =>
    fates.some(([kind, , , dropped, quarantined]) => kind === "artifact" && dropped + quarantined > 0),
  );
}
