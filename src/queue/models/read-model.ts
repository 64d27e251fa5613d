import { LoggedModelsResource } from "../../client/logged-models.ts";
import type { Resources } from "../../client/resources.ts";
import type { CallOptions } from "../../client/types/connection.ts";
import type { ModelReceipt, ReceiptLine } from "../types.ts";

/**
 * Reads what the server has of a logged model, and gives how many different ones it has of a line. On MLflow 2 the id is
 * that of the run and the folder of its artifacts, and values are those of the run.
 */
export async function readModel(
  client: Resources,
  { modelId, lines }: ModelReceipt,
  limits: CallOptions,
): Promise<(line: ReceiptLine) => number> {
  if (modelId === undefined) return () => 0;
  const [runId = "", folder] = modelId.split("/");
  const models = new LoggedModelsResource(client.transport);
  const found = new Map<string, number>();
  const count = (kind: string, key: string): void => {
    const name = `${kind} ${key}`;
    found.set(name, (found.get(name) ?? 0) + 1);
  };
  const paths = lines.filter(({ kind }) => kind === "artifact").map(({ key }) => key);
  const folders = new Set(paths.map((path) => path.slice(0, Math.max(0, path.lastIndexOf("/")))));
  for (const inner of folders) {
    const files =
      folder === undefined
        ? await models.listArtifacts(modelId, inner, limits)
        : await client.artifacts.list(runId, inner === "" ? folder : `${folder}/${inner}`, limits);
    for (const { path } of files) count("artifact", folder === undefined ? path : path.slice(folder.length + 1));
  }
  const keys = lines.filter(({ kind }) => kind === "metric").map(({ key }) => key);
  if (folder === undefined) {
    const metrics = keys.length > 0 ? (await models.get(modelId, limits)).metrics : [];
    for (const { key } of metrics) count("metric", key);
  } else {
    for (const key of keys) {
      for await (const point of client.metrics.history({ runId, key }, limits)) count("metric", point.key);
    }
  }
  return ({ kind, key }) => found.get(`${kind} ${key}`) ?? 0;
}
