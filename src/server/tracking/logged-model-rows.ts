import type { SqlRow } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import type { Fields } from "../fields.ts";
import { refuse } from "../refusal.ts";
import type { KeyValue } from "./tag-rows.ts";

/** The row of a logged model, or 404; a deleted one is there only for those that ask for it. */
export function requireLoggedModel(
  { db }: ServerContext,
  id: string,
  { withDeleted = false }: { readonly withDeleted?: boolean } = {},
): SqlRow {
  const row = db
    .prepare("SELECT experiment_id, artifact_location, lifecycle_stage FROM logged_models WHERE model_id = ?")
    .get(id);
  if (row !== undefined && (withDeleted || row["lifecycle_stage"] !== "deleted")) return row;
  refuse("RESOURCE_DOES_NOT_EXIST", `Logged model with ID '${id.slice(0, 100)}' not found.`);
}

/** Params as a request names them. MLflow checks neither keys nor lengths here. */
export function modelParamsOf(fields: Fields): KeyValue[] {
  return fields.messages("params").map(pairOf);
}

/** Tags as a request names them, the last of equal keys. */
export function modelTagsOf(fields: Fields): KeyValue[] {
  return fields.messages("tags").map(pairOf);
}

function pairOf(pair: Fields): KeyValue {
  return { key: pair.text("key") ?? "", value: pair.text("value") ?? "" };
}

/** Writes params. Call it in a transaction: one that is there already breaks the primary key. */
export function writeModelParams(
  { db }: ServerContext,
  id: string,
  experimentId: number,
  params: readonly KeyValue[],
): void {
  const write = db.prepare(
    "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?, ?, ?, ?)",
  );
  for (const { key, value } of params) write.run(id, experimentId, key, value);
}

/** Sets tags. Call it in a transaction. */
export function writeModelTags(
  { db }: ServerContext,
  id: string,
  experimentId: number,
  tags: readonly KeyValue[],
): void {
  const write = db.prepare(
    "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?, ?, ?, ?) ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value",
  );
  for (const { key, value } of tags) write.run(id, experimentId, key, value);
}
