import { isUniqueViolation } from "../../sql/sql-errors.ts";
import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import type { Json } from "../json.ts";
import { refuse, refuseValue } from "../refusal.ts";
import type { PathParams, RequestFields, Route } from "../route.ts";
import { loadLoggedModels } from "../search/load-logged-models.ts";
import { searchLoggedModels } from "../search/search-logged-models.ts";
import { requireActiveExperiment } from "../tracking/experiment-rows.ts";
import {
  modelParamsOf,
  modelTagsOf,
  requireLoggedModel,
  writeModelParams,
  writeModelTags,
} from "../tracking/logged-model-rows.ts";
import { newId } from "../tracking/new-id.ts";
import { runArtifactUri } from "../tracking/run-artifact-uri.ts";
import { newRunName } from "../tracking/run-name.ts";

const base = "/api/2.0/mlflow/logged-models";

/** Logged models: what a run or a program made, with params, tags, metrics and files of its own. New in MLflow 3. */
export const loggedModelRoutes: readonly Route[] = [
  { method: "POST", path: base, since: 3, handle: create },
  { method: "POST", path: `${base}/search`, since: 3, handle: searchLoggedModels },
  { method: "GET", path: `${base}/{model_id}`, since: 3, handle: get },
  { method: "PATCH", path: `${base}/{model_id}`, since: 3, handle: finalize },
  { method: "DELETE", path: `${base}/{model_id}`, since: 3, handle: remove },
  { method: "POST", path: `${base}/{model_id}/params`, since: 3, handle: logParams },
  { method: "PATCH", path: `${base}/{model_id}/tags`, since: 3, handle: setTags },
  { method: "DELETE", path: `${base}/{model_id}/tags/{key}`, since: 3, handle: deleteTag },
];

const statuses = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: 0,
  LOGGED_MODEL_PENDING: 1,
  LOGGED_MODEL_READY: 2,
  LOGGED_MODEL_UPLOAD_FAILED: 3,
} as const;

/** What MLflow keeps out of names, because they stand in addresses. */
const badInName = /[/:.%"']/;

function create(context: ServerContext, request: RequestFields): Json {
  const { db, random, clock, artifactRoot } = context;
  const fields = new Fields(request);
  const experimentId = fields.requiredText("experiment_id");
  const name = fields.text("name") || newRunName(random);
  const type = fields.text("model_type") ?? "";
  const run = fields.text("source_run_id") ?? "";
  const params = modelParamsOf(fields);
  const tags = modelTagsOf(fields);
  if (badInName.test(name)) {
    refuseValue(
      `Invalid model name ${JSON.stringify(name.slice(0, 300))}: it must not contain any of / : . % " ' (they stand in addresses of models)`,
    );
  }
  const id = `m-${newId(random)}`;
  const now = clock.now();
  return db.transaction(() => {
    const experiment = requireActiveExperiment(context, experimentId);
    const number = Number(experiment["experiment_id"]);
    const location = String(experiment["artifact_location"] ?? artifactRoot.locationOf(String(number)));
    db.prepare(
      "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id) VALUES (?, ?, ?, ?, ?, ?, 1, 'active', ?, ?)",
    ).run(id, number, name, runArtifactUri(location, `models/${id}`), now, now, type, run);
    writeOnce(() => writeModelParams(context, id, number, params), id);
    writeModelTags(context, id, number, tags);
    return { model: loadLoggedModels(context, [id])[0] };
  });
}

/** A param of a model is written once: MLflow refuses a second one even with an equal value. */
function writeOnce(write: () => void, id: string): void {
  try {
    write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    refuse(
      "BAD_REQUEST",
      `Cannot log params of model '${id}' as one of them is there already: a param is written once`,
    );
  }
}

function get(context: ServerContext, request: RequestFields, { model_id: id = "" }: PathParams): Json {
  const withDeleted = String(request["allow_deleted"]).toLowerCase() === "true";
  requireLoggedModel(context, id, { withDeleted });
  return { model: loadLoggedModels(context, [id])[0] };
}

/** The id stands in the body too: MLflow asks for it, and writes to that one. */
function bodyId(fields: Fields, id: string): void {
  const named = fields.requiredText("model_id");
  if (named !== id) {
    refuseValue(`Invalid value '${named.slice(0, 100)}' for parameter 'model_id': the address names model '${id}'`);
  }
}

function finalize(context: ServerContext, request: RequestFields, { model_id: id = "" }: PathParams): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  bodyId(fields, id);
  const status = fields.word("status", statuses) ?? fields.missing("status");
  return db.transaction(() => {
    requireLoggedModel(context, id, { withDeleted: true });
    db.prepare("UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ? WHERE model_id = ?").run(
      statuses[status],
      clock.now(),
      id,
    );
    return { model: loadLoggedModels(context, [id])[0] };
  });
}

function remove(context: ServerContext, _request: RequestFields, { model_id: id = "" }: PathParams): Json {
  const { db, clock } = context;
  return db.transaction(() => {
    requireLoggedModel(context, id, { withDeleted: true });
    db.prepare(
      "UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = ? WHERE model_id = ?",
    ).run(clock.now(), id);
    return {};
  });
}

function logParams(context: ServerContext, request: RequestFields, { model_id: id = "" }: PathParams): Json {
  const fields = new Fields(request);
  bodyId(fields, id);
  const params = modelParamsOf(fields);
  return context.db.transaction(() => {
    const model = requireLoggedModel(context, id, { withDeleted: true });
    writeOnce(() => writeModelParams(context, id, Number(model["experiment_id"]), params), id);
    return {};
  });
}

function setTags(context: ServerContext, request: RequestFields, { model_id: id = "" }: PathParams): Json {
  const tags = modelTagsOf(new Fields(request));
  return context.db.transaction(() => {
    const model = requireLoggedModel(context, id, { withDeleted: true });
    writeModelTags(context, id, Number(model["experiment_id"]), tags);
    return {};
  });
}

function deleteTag(context: ServerContext, _request: RequestFields, { model_id: id = "", key = "" }: PathParams): Json {
  const { db } = context;
  return db.transaction(() => {
    requireLoggedModel(context, id, { withDeleted: true });
    const deleted = db.prepare("DELETE FROM logged_model_tags WHERE model_id = ? AND tag_key = ?").run(id, key);
    if (deleted > 0) return {};
    refuse("RESOURCE_DOES_NOT_EXIST", `No tag with key '${key.slice(0, 300)}' found for model with ID '${id}'.`);
  });
}
