import type { ServerContext } from "../context.ts";
import { type Json, writeJson } from "../json.ts";

/** The tag of a logged model that lists the versions made of it. */
const tagKey = "mlflow.modelVersions";

/** Notes a new version at the logged model that it is made of. */
export function linkVersion({ db }: ServerContext, modelId: string, name: string, version: number): void {
  const before = db
    .prepare("SELECT tag_value FROM logged_model_tags WHERE model_id = ? AND tag_key = ?")
    .get(modelId, tagKey)?.["tag_value"];
  db.prepare(
    "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) " +
      "SELECT model_id, experiment_id, ?, ? FROM logged_models WHERE model_id = ? " +
      "ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value",
  ).run(tagKey, writeJson([...listOf(before), { name, version }] as Json), modelId);
}

/** A tag that someone wrote by hand and that holds no list is started anew. */
function listOf(value: unknown): readonly unknown[] {
  if (typeof value !== "string") return [];
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
