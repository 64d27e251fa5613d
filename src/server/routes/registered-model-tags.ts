import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import type { Json } from "../json.ts";
import { checkAlias, checkNewAlias } from "../registry/check-name.ts";
import { loadVersions } from "../registry/load-versions.ts";
import { requireModel } from "../registry/model-rows.ts";
import { registryTagOf } from "../registry/registry-tags.ts";
import { versionByAlias } from "../registry/version-by-alias.ts";
import { requireVersion } from "../registry/version-rows.ts";
import type { RequestFields, Route } from "../route.ts";
import { checkKey } from "../tracking/check-key.ts";

const base = "/api/2.0/mlflow/registered-models";

/** Tags and aliases of registered models. Deleting one that is not there changes nothing. */
export const registeredModelTagRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/set-tag`, handle: setTag },
  { method: "DELETE", path: `${base}/delete-tag`, handle: deleteTag },
  { method: "POST", path: `${base}/alias`, handle: setAlias },
  { method: "DELETE", path: `${base}/alias`, handle: deleteAlias },
  { method: "GET", path: `${base}/alias`, handle: getByAlias },
];

function setTag(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const { key, value } = registryTagOf(fields);
  return db.transaction(() => {
    requireModel(context, name);
    db.prepare(
      "INSERT INTO registered_model_tags (key, value, name, workspace) VALUES (?, ?, ?, 'default') " +
        "ON CONFLICT (workspace, key, name) DO UPDATE SET value = excluded.value",
    ).run(key, value, name);
    return {};
  });
}

function deleteTag(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const key = fields.requiredText("key");
  checkKey(key, "key");
  return db.transaction(() => {
    requireModel(context, name);
    db.prepare("DELETE FROM registered_model_tags WHERE workspace = 'default' AND name = ? AND key = ?").run(name, key);
    return {};
  });
}

function setAlias(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const alias = fields.requiredText("alias");
  const version = fields.requiredText("version");
  checkNewAlias(alias);
  return db.transaction(() => {
    const row = requireVersion(context, name, version);
    db.prepare(
      "INSERT INTO registered_model_aliases (alias, version, name, workspace) VALUES (?, ?, ?, 'default') " +
        "ON CONFLICT (workspace, name, alias) DO UPDATE SET version = excluded.version",
    ).run(alias, row.version, name);
    return {};
  });
}

function deleteAlias(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const alias = fields.requiredText("alias");
  checkAlias(alias);
  return db.transaction(() => {
    requireModel(context, name);
    db.prepare("DELETE FROM registered_model_aliases WHERE workspace = 'default' AND name = ? AND alias = ?").run(
      name,
      alias,
    );
    return {};
  });
}

function getByAlias(context: ServerContext, request: RequestFields): Json {
  const fields = new Fields(request);
  const name = fields.requiredText("name");
  const alias = fields.requiredText("alias");
  const { id } = versionByAlias(context, name, alias);
  return { model_version: loadVersions(context, [id], { aliases: true })[0] };
}
