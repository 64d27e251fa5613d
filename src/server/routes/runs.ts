import { isUniqueViolation } from "../../sql/sql-errors.ts";
import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { type Json, list } from "../json.ts";
import { refuse, refuseValue } from "../refusal.ts";
import type { RequestFields, Route } from "../route.ts";
import { loadRuns, runInfo } from "../search/index.ts";
import { checkKey } from "../tracking/check-key.ts";
import { requireActiveExperiment } from "../tracking/experiment-rows.ts";
import { newId } from "../tracking/new-id.ts";
import { runArtifactUri } from "../tracking/run-artifact-uri.ts";
import { newRunName } from "../tracking/run-name.ts";
import { requireActiveRun, requireRun, runIdOf } from "../tracking/run-rows.ts";
import { type KeyValue, runNameTag, writeRunTags } from "../tracking/tag-rows.ts";

const base = "/api/2.0/mlflow/runs";

/** Runs: create, read, update, delete, restore. */
export const runRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/create`, handle: create },
  { method: "GET", path: `${base}/get`, handle: get },
  { method: "POST", path: `${base}/update`, handle: update },
  { method: "POST", path: `${base}/delete`, handle: (context, fields) => setStage(context, fields, "deleted") },
  { method: "POST", path: `${base}/restore`, handle: (context, fields) => setStage(context, fields, "active") },
];

const statuses = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 } as const;

const infoColumns =
  "run_uuid, experiment_id, name, user_id, status, start_time, end_time, artifact_uri, lifecycle_stage";

function create(context: ServerContext, request: RequestFields): Json {
  const { db, random, artifactRoot } = context;
  const fields = new Fields(request);
  const experimentId = fields.text("experiment_id");
  if (!experimentId) refuse("BAD_REQUEST", "Missing value for required parameter 'experiment_id'");
  const start = fields.int64("start_time") ?? 0;
  const user = fields.text("user_id") ?? "";
  const tags = fields.messages("tags").map(newTagOf);
  const name = nameOf(fields, tags) || newRunName(random);
  if (!tags.some((tag) => tag.key === runNameTag)) tags.push({ key: runNameTag, value: name });
  const id = newId(random);
  try {
    return db.transaction(() => {
      const experiment = requireActiveExperiment(context, experimentId);
      const number = Number(experiment["experiment_id"]);
      const location = String(experiment["artifact_location"] ?? artifactRoot.locationOf(String(number)));
      db.prepare(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', ?, 'RUNNING', ?, '', 'active', ?, ?)",
      ).run(id, name, user, start, runArtifactUri(location, id), number);
      const write = db.prepare("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)");
      for (const tag of tags) write.run(tag.key, tag.value, id);
      return {
        run: {
          info: infoOf(context, id),
          data: { tags: list(tags.map(({ key, value }) => ({ key, value }))) },
          inputs: {},
        },
      };
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    refuse("BAD_REQUEST", "Cannot create the run as two of its tags have the same key");
  }
}

/** A tag of a new run: other than those set later, a long value is kept whole, as in MLflow. */
function newTagOf(fields: Fields): KeyValue {
  const key = fields.requiredText("key");
  checkKey(key, fields.nameOf("key"));
  return { key, value: fields.text("value") ?? "" };
}

function nameOf(fields: Fields, tags: readonly KeyValue[]): string | undefined {
  const name = fields.text("run_name");
  const byTag = tags.find((tag) => tag.key === runNameTag)?.value;
  if (name && byTag && name !== byTag) {
    refuseValue(
      `Both 'run_name' argument and '${runNameTag}' tag are specified, but with different values (run_name='${name}', ${runNameTag}='${byTag}').`,
    );
  }
  return name || byTag;
}

function get(context: ServerContext, request: RequestFields): Json {
  const id = runIdOf(new Fields(request));
  requireRun(context, id);
  return { run: loadRuns(context, [id])[0] };
}

function update(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const id = runIdOf(fields);
  const status = fields.word("status", statuses);
  const end = fields.int64("end_time");
  const name = fields.text("run_name");
  return db.transaction(() => {
    requireActiveRun(context, id);
    if (status !== undefined) db.prepare("UPDATE runs SET status = ? WHERE run_uuid = ?").run(status, id);
    if (end !== undefined) db.prepare("UPDATE runs SET end_time = ? WHERE run_uuid = ?").run(end, id);
    if (name) writeRunTags(context, id, [{ key: runNameTag, value: name }]);
    return { run_info: infoOf(context, id) };
  });
}

function infoOf({ db, artifactRoot }: ServerContext, id: string): Json {
  return runInfo(db.prepare(`SELECT ${infoColumns} FROM runs WHERE run_uuid = ?`).get(id)!, artifactRoot.toPublic);
}

function setStage(context: ServerContext, request: RequestFields, stage: "active" | "deleted"): Json {
  const { db, clock } = context;
  const id = runIdOf(new Fields(request));
  return db.transaction(() => {
    requireRun(context, id);
    db.prepare("UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE run_uuid = ?").run(
      stage,
      stage === "deleted" ? clock.now() : null,
      id,
    );
    return {};
  });
}
