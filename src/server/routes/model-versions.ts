import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import type { Json } from "../json.ts";
import { refuse } from "../refusal.ts";
import { linkVersion } from "../registry/linked-versions.ts";
import { loadVersions } from "../registry/load-versions.ts";
import { requireModel, touchModel } from "../registry/model-rows.ts";
import { isPrompt } from "../registry/prompts.ts";
import { newRegistryTags } from "../registry/registry-tags.ts";
import { deletedStage, isActiveStage, stageOf } from "../registry/stages.ts";
import { originOf } from "../registry/version-origin.ts";
import { requireVersion, type VersionRow } from "../registry/version-rows.ts";
import type { RequestFields, Route } from "../route.ts";
import { searchModelVersions } from "../search/search-model-versions.ts";

const base = "/api/2.0/mlflow/model-versions";

/** Versions of registered models: create, read, describe, stage, delete, search. */
export const modelVersionRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/create`, handle: create },
  { method: "GET", path: `${base}/get`, handle: get },
  { method: "PATCH", path: `${base}/update`, handle: update },
  { method: "POST", path: `${base}/transition-stage`, handle: transitionStage },
  { method: "DELETE", path: `${base}/delete`, handle: remove },
  { method: "GET", path: `${base}/search`, lists: ["order_by"], handle: searchModelVersions },
  { method: "GET", path: `${base}/get-download-uri`, handle: getDownloadUri },
];

/** Each arrival makes a version; the number of a deleted one is never given again. */
function create(context: ServerContext, request: RequestFields): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const source = fields.requiredText("source");
  const asked = { source, runId: fields.text("run_id"), modelId: fields.text("model_id") };
  const runLink = fields.text("run_link") ?? "";
  const description = fields.text("description") ?? "";
  const tags = newRegistryTags(fields);
  return db.transaction(() => {
    const origin = originOf(context, { ...asked, isPrompt: isPrompt(tags) });
    requireModel(context, name);
    const now = clock.now();
    touchModel(context, name, now);
    const last = db
      .prepare("SELECT max(version) AS last FROM model_versions WHERE workspace = 'default' AND name = ?")
      .get(name);
    const version = Number(last?.["last"] ?? 0) + 1;
    db.prepare(
      "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage, source, " +
        "storage_location, run_id, run_link, status, workspace) VALUES (?, ?, ?, ?, ?, 'None', ?, ?, ?, ?, 'READY', 'default')",
    ).run(name, version, now, now, description, origin.source, origin.storageLocation, origin.runId, runLink);
    const write = db.prepare(
      "INSERT INTO model_version_tags (key, value, name, version, workspace) VALUES (?, ?, ?, ?, 'default')",
    );
    for (const { key, value } of tags) write.run(key, value, name, version);
    if (origin.modelId !== "") linkVersion(context, origin.modelId, name, version);
    return versionReply(context, requireVersion(context, name, String(version)).id);
  });
}

function get(context: ServerContext, request: RequestFields): Json {
  return versionReply(context, versionOf(context, new Fields(request)).id);
}

/** An absent description removes the one that is there, as in MLflow. */
function update(context: ServerContext, request: RequestFields): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  const description = fields.text("description") ?? null;
  return db.transaction(() => {
    const { id } = versionOf(context, fields);
    db.prepare("UPDATE model_versions SET description = ?, last_updated_time = ? WHERE rowid = ?").run(
      description,
      clock.now(),
      id,
    );
    return versionReply(context, id);
  });
}

function transitionStage(context: ServerContext, request: RequestFields): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  const stage = stageOf(fields.requiredText("stage"));
  const archive = fields.bool("archive_existing_versions") ?? false;
  if (archive && !isActiveStage(stage)) {
    // MLflow answers 500 here, and clients that know its answer look for that.
    refuse(
      "INTERNAL_ERROR",
      `Cannot archive existing versions because '${stage}' is not an active stage: it must be Staging or Production`,
    );
  }
  return db.transaction(() => {
    const { id, name } = versionOf(context, fields);
    const now = clock.now();
    if (archive) {
      db.prepare(
        "UPDATE model_versions SET current_stage = 'Archived', last_updated_time = ? " +
          "WHERE workspace = 'default' AND name = ? AND current_stage = ? AND rowid != ?",
      ).run(now, name, stage, id);
    }
    db.prepare("UPDATE model_versions SET current_stage = ?, last_updated_time = ? WHERE rowid = ?").run(
      stage,
      now,
      id,
    );
    touchModel(context, name, now);
    return versionReply(context, id);
  });
}

/** Keeps the row, so that its number is not given again, without what could tell of the model; its aliases go. */
function remove(context: ServerContext, request: RequestFields): Json {
  const { db, clock } = context;
  const fields = new Fields(request);
  return db.transaction(() => {
    const { id, name, version } = versionOf(context, fields);
    const now = clock.now();
    db.prepare("DELETE FROM registered_model_aliases WHERE workspace = 'default' AND name = ? AND version = ?").run(
      name,
      version,
    );
    db.prepare(
      "UPDATE model_versions SET current_stage = ?, last_updated_time = ?, description = NULL, user_id = NULL, " +
        "source = 'REDACTED-SOURCE-PATH', run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK', " +
        "status_message = NULL WHERE rowid = ?",
    ).run(deletedStage, now, id);
    touchModel(context, name, now);
    return {};
  });
}

function getDownloadUri(context: ServerContext, request: RequestFields): Json {
  const { storageLocation, source } = versionOf(context, new Fields(request));
  return { artifact_uri: context.artifactRoot.toPublic(storageLocation || (source ?? "")) };
}

function versionOf(context: ServerContext, fields: Fields): VersionRow {
  return requireVersion(context, fields.requiredText("name"), fields.requiredText("version"));
}

function versionReply(context: ServerContext, id: number): Json {
  return { model_version: loadVersions(context, [id], { aliases: true })[0] };
}
