import type { ServerContext } from "../context.ts";
import { refuse, refuseValue } from "../refusal.ts";
import { checkAlias } from "./check-name.ts";
import { requireModel } from "./model-rows.ts";
import { newestVersion, requireVersion, type VersionRow } from "./version-rows.ts";

/** The version that an alias of a model names; `latest` in any case is the newest one. */
export function versionByAlias(context: ServerContext, name: string, alias: string): VersionRow {
  requireModel(context, name);
  checkAlias(alias);
  if (alias.toLowerCase() === "latest") {
    const newest = newestVersion(context, name);
    return newest ?? refuse("RESOURCE_DOES_NOT_EXIST", `Latest version not found for model ${name.slice(0, 300)}`);
  }
  const row = context.db
    .prepare("SELECT version FROM registered_model_aliases WHERE workspace = 'default' AND name = ? AND alias = ?")
    .get(name, alias);
  if (row === undefined) refuseValue(`Registered model alias ${alias} not found`);
  return requireVersion(context, name, String(row["version"]));
}
