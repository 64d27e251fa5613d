import { isUniqueViolation } from "../../sql/sql-errors.ts";
import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import type { Json } from "../json.ts";
import { refuse, refuseValue } from "../refusal.ts";
import type { RequestFields, Route } from "../route.ts";
import { loadExperiments } from "../search/index.ts";
import { checkKey } from "../tracking/check-key.ts";
import { requireExperiment, unknownExperiment } from "../tracking/experiment-rows.ts";
import { limits } from "../tracking/limits.ts";
import { checkLength } from "../tracking/text-length.ts";
import { experimentTagOf } from "./experiment-tags.ts";

const base = "/api/2.0/mlflow/experiments";

/** Experiments: create, read, rename, delete, restore. */
export const experimentRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/create`, handle: create },
  { method: "GET", path: `${base}/get`, handle: get },
  { method: "GET", path: `${base}/get-by-name`, handle: getByName },
  { method: "POST", path: `${base}/update`, handle: rename },
  {
    method: "POST",
    path: `${base}/delete`,
    handle: (context, fields) => setStage(context, fields, "active", "deleted"),
  },
  {
    method: "POST",
    path: `${base}/restore`,
    handle: (context, fields) => setStage(context, fields, "deleted", "active"),
  },
];

function create(context: ServerContext, request: RequestFields): Json {
  const { db, clock, artifactRoot } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  checkLength(name, limits.experimentName, "name");
  const location = fields.text("artifact_location");
  if (location !== undefined) checkLocation(location);
  const tags = fields.messages("tags").map(experimentTagOf);
  for (const { key } of tags) checkKey(key, "key");
  const now = clock.now();
  try {
    return db.transaction(() => {
      db.prepare(
        "INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace) VALUES (?, ?, 'active', ?, ?, 'default')",
      ).run(name, location ? artifactRoot.toStored(location) : null, now, now);
      const id = Number(db.prepare("SELECT last_insert_rowid() AS id").get()!["id"]);
      if (!location) {
        db.prepare("UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?").run(
          artifactRoot.locationOf(String(id)),
          id,
        );
      }
      const write = db.prepare("INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)");
      for (const { key, value } of tags) write.run(key, value, id);
      return { experiment_id: String(id) };
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const what = /experiment_tags/.test((error as Error).message)
      ? "as two of its tags have the same key"
      : "as there is one of that name, which may be deleted: restore it or choose another name";
    refuse("RESOURCE_ALREADY_EXISTS", `Cannot create experiment '${name}' ${what}`);
  }
}

function checkLocation(location: string): void {
  if (location.startsWith("runs:")) refuseValue(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
  if (location.includes("#")) refuseValue(`'artifact_location' must not have a fragment. Given: '${location}'`);
}

function get(context: ServerContext, request: RequestFields): Json {
  const id = new Fields(request).requiredText("experiment_id");
  const row = requireExperiment(context, id);
  return { experiment: loadExperiments(context, [Number(row["experiment_id"])])[0] };
}

function getByName(context: ServerContext, request: RequestFields): Json {
  const name = new Fields(request).requiredText("experiment_name");
  const row = context.db
    .prepare("SELECT experiment_id FROM experiments WHERE name = ? AND workspace = 'default'")
    .get(name);
  if (row === undefined) {
    refuse("RESOURCE_DOES_NOT_EXIST", `Could not find experiment with name '${name.slice(0, limits.experimentName)}'`);
  }
  return { experiment: loadExperiments(context, [Number(row["experiment_id"])])[0] };
}

function rename(context: ServerContext, request: RequestFields): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  const id = fields.requiredText("experiment_id");
  const name = fields.requiredText("new_name");
  checkLength(name, limits.experimentName, "name");
  try {
    return db.transaction(() => {
      const row = requireExperiment(context, id);
      if (row["lifecycle_stage"] !== "active") refuse("INVALID_STATE", "Cannot rename a non-active experiment.");
      db.prepare("UPDATE experiments SET name = ?, last_update_time = ? WHERE experiment_id = ?").run(
        name,
        clock.now(),
        row["experiment_id"]!,
      );
      return {};
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    refuse(
      "BAD_REQUEST",
      `Cannot rename experiment ${id} to '${name}' as there is one of that name, which may be deleted`,
    );
  }
}

/** Deletes or restores an experiment with its runs. One that is already there is not found, as in MLflow. */
function setStage(context: ServerContext, request: RequestFields, from: string, to: "active" | "deleted"): Json {
  const { db, clock } = context;
  const id = new Fields(request).requiredText("experiment_id");
  return db.transaction(() => {
    const row = requireExperiment(context, id);
    if (row["lifecycle_stage"] !== from) unknownExperiment(id);
    const now = clock.now();
    const number = row["experiment_id"]!;
    db.prepare("UPDATE experiments SET lifecycle_stage = ?, last_update_time = ? WHERE experiment_id = ?").run(
      to,
      now,
      number,
    );
    db.prepare("UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE experiment_id = ?").run(
      to,
      to === "deleted" ? now : null,
      number,
    );
    return {};
  });
}
