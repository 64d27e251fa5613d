import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { type Json, writeJson } from "../json.ts";
import { refuseValue } from "../refusal.ts";
import type { RequestFields, Route } from "../route.ts";
import { limits } from "../tracking/limits.ts";
import { requireActiveRun, runIdOf } from "../tracking/run-rows.ts";
import { writeRunTags } from "../tracking/tag-rows.ts";
import { checkLength } from "../tracking/text-length.ts";

/** The older way to say that a run made a model: a list in a tag. */
export const logModelRoutes: readonly Route[] = [
  { method: "POST", path: "/api/2.0/mlflow/runs/log-model", handle: logModel },
];

const tagKey = "mlflow.log-model.history";

function logModel(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const id = runIdOf(fields);
  const model = modelOf(fields.requiredText("model_json"));
  const missing = ["artifact_path", "flavors", "run_id", "utc_time_created"].filter((name) => !(name in model));
  if (missing.length > 0)
    refuseValue(`Model json is missing mandatory fields: {${missing.map((name) => `'${name}'`).join(", ")}}`);
  const entry = {
    run_id: model["run_id"],
    artifact_path: model["artifact_path"],
    utc_time_created: model["utc_time_created"],
    model_uuid: model["model_uuid"] ?? null,
    flavors: model["flavors"],
  };
  return db.transaction(() => {
    requireActiveRun(context, id);
    const before = db.prepare("SELECT value FROM tags WHERE key = ? AND run_uuid = ?").get(tagKey, id)?.["value"];
    const value = writeJson([...listOf(before), entry] as Json);
    checkLength(value, limits.tagValue, tagKey);
    writeRunTags(context, id, [{ key: tagKey, value }]);
    return {};
  });
}

function modelOf(text: string): Record<string, unknown> {
  const model = parsed(text);
  if (typeof model === "object" && model !== null && !Array.isArray(model)) return model as Record<string, unknown>;
  refuseValue("Malformed model info: 'model_json' must be the JSON text of an object");
}

/** A tag that someone wrote by hand and that holds no list is started anew. */
function listOf(text: unknown): readonly unknown[] {
  const value = typeof text === "string" ? parsed(text) : undefined;
  return Array.isArray(value) ? value : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
