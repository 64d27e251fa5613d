import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import type { Json } from "../json.ts";
import { refuse } from "../refusal.ts";
import type { RequestFields, Route } from "../route.ts";
import { paramOf, writeParams } from "../tracking/param-rows.ts";
import { requireActiveRun, runIdOf } from "../tracking/run-rows.ts";
import { runTagOf, writeRunTags } from "../tracking/tag-rows.ts";

const base = "/api/2.0/mlflow/runs";

/** Single tags and params of runs. */
export const runTagRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/set-tag`, handle: setTag },
  { method: "POST", path: `${base}/delete-tag`, handle: deleteTag },
  { method: "POST", path: `${base}/log-parameter`, handle: logParameter },
];

function setTag(context: ServerContext, request: RequestFields): Json {
  const fields = new Fields(request);
  const id = runIdOf(fields);
  const tag = runTagOf(fields);
  return context.db.transaction(() => {
    requireActiveRun(context, id);
    writeRunTags(context, id, [tag]);
    return {};
  });
}

function deleteTag(context: ServerContext, request: RequestFields): Json {
  const fields = new Fields(request);
  const id = runIdOf(fields);
  const key = fields.requiredText("key");
  return context.db.transaction(() => {
    requireActiveRun(context, id);
    const removed = context.db.prepare("DELETE FROM tags WHERE key = ? AND run_uuid = ?").run(key, id);
    if (removed === 0) refuse("RESOURCE_DOES_NOT_EXIST", `No tag with name: ${key} in run with id ${id}`);
    return {};
  });
}

function logParameter(context: ServerContext, request: RequestFields): Json {
  const fields = new Fields(request);
  const id = runIdOf(fields);
  const param = paramOf(fields);
  return context.db.transaction(() => {
    requireActiveRun(context, id);
    writeParams(context, id, [param]);
    return {};
  });
}
