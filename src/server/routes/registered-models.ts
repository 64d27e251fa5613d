import { isUniqueViolation } from "../../sql/sql-errors.ts";
import type { ServerContext } from "../context.ts";
import { Fields, show } from "../fields.ts";
import { type Json, list } from "../json.ts";
import { refuse } from "../refusal.ts";
import { checkModelName } from "../registry/check-name.ts";
import { loadModels } from "../registry/load-models.ts";
import { loadVersions } from "../registry/load-versions.ts";
import { requireModel } from "../registry/model-rows.ts";
import { newRegistryTags } from "../registry/registry-tags.ts";
import { stageOf } from "../registry/stages.ts";
import { latestVersions } from "../registry/version-rows.ts";
import type { RequestFields, Route } from "../route.ts";
import { searchRegisteredModels } from "../search/search-registered-models.ts";

const base = "/api/2.0/mlflow/registered-models";

/** Registered models: create, read, describe, rename, delete, search. */
export const registeredModelRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/create`, handle: create },
  { method: "GET", path: `${base}/get`, handle: get },
  { method: "PATCH", path: `${base}/update`, handle: update },
  { method: "POST", path: `${base}/rename`, handle: rename },
  { method: "DELETE", path: `${base}/delete`, handle: remove },
  { method: "GET", path: `${base}/search`, lists: ["order_by"], handle: searchRegisteredModels },
  { method: "POST", path: `${base}/get-latest-versions`, handle: getLatestVersions },
  { method: "GET", path: `${base}/get-latest-versions`, lists: ["stages"], handle: getLatestVersions },
];

const where = "WHERE workspace = 'default' AND name = ?";

function create(context: ServerContext, request: RequestFields): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  checkModelName(name);
  const description = fields.text("description") ?? "";
  const tags = newRegistryTags(fields);
  const now = clock.now();
  try {
    return db.transaction(() => {
      db.prepare(
        "INSERT INTO registered_models (name, creation_time, last_updated_time, description, workspace) VALUES (?, ?, ?, ?, 'default')",
      ).run(name, now, now, description);
      const write = db.prepare(
        "INSERT INTO registered_model_tags (key, value, name, workspace) VALUES (?, ?, ?, 'default')",
      );
      for (const { key, value } of tags) write.run(key, value, name);
      return modelReply(context, name);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    refuse("RESOURCE_ALREADY_EXISTS", `Registered Model (name=${show(name)}) already exists, maybe as a prompt`);
  }
}

function get(context: ServerContext, request: RequestFields): Json {
  const name = new Fields(request).requiredText("name");
  requireModel(context, name);
  return modelReply(context, name);
}

/** An absent description empties the one that is there, as in MLflow. */
function update(context: ServerContext, request: RequestFields): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const description = fields.text("description") ?? "";
  return db.transaction(() => {
    requireModel(context, name);
    db.prepare(`UPDATE registered_models SET description = ?, last_updated_time = ? ${where}`).run(
      description,
      clock.now(),
      name,
    );
    return modelReply(context, name);
  });
}

/** The foreign keys carry a new name on to versions, tags and aliases. */
function rename(context: ServerContext, request: RequestFields): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const newName = fields.requiredText("new_name");
  checkModelName(newName, "new_name");
  try {
    return db.transaction(() => {
      requireModel(context, name);
      const now = clock.now();
      db.prepare(`UPDATE registered_models SET name = ?, last_updated_time = ? ${where}`).run(newName, now, name);
      db.prepare(`UPDATE model_versions SET last_updated_time = ? ${where}`).run(now, newName);
      return modelReply(context, newName);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    refuse("RESOURCE_ALREADY_EXISTS", `Registered Model (name=${show(newName)}) already exists`);
  }
}

function remove(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const name = new Fields(request).requiredText("name");
  return db.transaction(() => {
    requireModel(context, name);
    for (const table of [
      "model_version_tags",
      "model_versions",
      "registered_model_tags",
      "registered_model_aliases",
      "registered_models",
    ]) {
      db.prepare(`DELETE FROM ${table} ${where}`).run(name);
    }
    return {};
  });
}

function getLatestVersions(context: ServerContext, request: RequestFields): Json {
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const wanted = fields.texts("stages");
  requireModel(context, name);
  const stages = wanted.map(stageOf);
  const latest = loadVersions(context, latestVersions(context, [name], "by-first-version"), { aliases: true });
  const versions = latest.filter(({ current_stage: stage }) => stages.length === 0 || stages.includes(String(stage)));
  return { model_versions: list(versions) };
}

function modelReply(context: ServerContext, name: string): Json {
  return { registered_model: loadModels(context, [name])[0] };
}
