import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import type { Json } from "../json.ts";
import { registryTagOf } from "../registry/registry-tags.ts";
import { requireVersion } from "../registry/version-rows.ts";
import type { RequestFields, Route } from "../route.ts";
import { checkKey } from "../tracking/check-key.ts";

const base = "/api/2.0/mlflow/model-versions";

/** Tags of versions of registered models. Deleting one that is not there changes nothing. */
export const modelVersionTagRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/set-tag`, handle: setTag },
  { method: "DELETE", path: `${base}/delete-tag`, handle: deleteTag },
];

function setTag(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const asked = [fields.requiredText("name"), fields.requiredText("version")] as const;
  const { key, value } = registryTagOf(fields);
  return db.transaction(() => {
    const { name, version } = requireVersion(context, ...asked);
    db.prepare(
      "INSERT INTO model_version_tags (key, value, name, version, workspace) VALUES (?, ?, ?, ?, 'default') " +
        "ON CONFLICT (workspace, key, name, version) DO UPDATE SET value = excluded.value",
    ).run(key, value, name, version);
    return {};
  });
}

function deleteTag(context: ServerContext, request: RequestFields): Json {
  const { db } = context;
  const fields = new Fields(request);
  const asked = [fields.requiredText("name"), fields.requiredText("version")] as const;
  const key = fields.requiredText("key");
  checkKey(key, "key");
  return db.transaction(() => {
    const { name, version } = requireVersion(context, ...asked);
    db.prepare(
      "DELETE FROM model_version_tags WHERE workspace = 'default' AND name = ? AND version = ? AND key = ?",
    ).run(name, version, key);
    return {};
  });
}
