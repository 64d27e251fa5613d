import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import type { Json } from "../json.ts";
import { refuse } from "../refusal.ts";
import type { RequestFields, Route } from "../route.ts";
import { checkKey } from "../tracking/check-key.ts";
import { requireActiveExperiment } from "../tracking/experiment-rows.ts";
import { limits } from "../tracking/limits.ts";
import type { KeyValue } from "../tracking/tag-rows.ts";
import { checkLength } from "../tracking/text-length.ts";

const base = "/api/2.0/mlflow/experiments";

/** Tags of experiments. */
export const experimentTagRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/set-experiment-tag`, handle: setTag },
  { method: "POST", path: `${base}/delete-experiment-tag`, since: 3, handle: deleteTag },
];

/** A tag of an experiment, checked: other than those of runs, a long value is refused. An absent value is "". */
export function experimentTagOf(fields: Fields): KeyValue {
  const key = fields.requiredText("key");
  checkKey(key, fields.nameOf("key"));
  const value = fields.text("value") ?? "";
  checkLength(value, limits.experimentTagValue, fields.nameOf("value"));
  return { key, value };
}

function setTag(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const id = fields.requiredText("experiment_id");
  const { key, value } = experimentTagOf(fields);
  return db.transaction(() => {
    const row = requireActiveExperiment(context, id);
    db.prepare(
      "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?) ON CONFLICT (key, experiment_id) DO UPDATE SET value = excluded.value",
    ).run(key, value, row["experiment_id"]!);
    return {};
  });
}

function deleteTag(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const id = fields.requiredText("experiment_id");
  const key = fields.requiredText("key");
  return db.transaction(() => {
    const row = requireActiveExperiment(context, id);
    const removed = db
      .prepare("DELETE FROM experiment_tags WHERE key = ? AND experiment_id = ?")
      .run(key, row["experiment_id"]!);
    if (removed === 0) refuse("RESOURCE_DOES_NOT_EXIST", `No tag with name: ${key} in experiment with id ${id}`);
    return {};
  });
}
