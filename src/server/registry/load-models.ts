import type { ServerContext } from "../context.ts";
import { type JsonObject, list } from "../json.ts";
import { loadVersions } from "./load-versions.ts";
import { grouped, integer } from "./row-values.ts";
import { latestVersions, type StageOrder } from "./version-rows.ts";

const among = "workspace = 'default' AND name IN (SELECT value FROM json_each(?))";
const modelSql: string = `SELECT name, creation_time, last_updated_time, description FROM registered_models WHERE ${among}`;
const tagSql: string = `SELECT name, key, value FROM registered_model_tags WHERE ${among}`;
const aliasSql: string = `SELECT name, alias, version FROM registered_model_aliases WHERE ${among}`;

/** Registered models as MLflow answers them, in the order of the names; names that are not there are left out. */
export function loadModels(
  context: ServerContext,
  names: readonly string[],
  order: StageOrder = "by-first-version",
): JsonObject[] {
  const { db } = context;
  const wanted = JSON.stringify(names);
  const tags = grouped(db.prepare(tagSql).all(wanted), "name", ({ key, value }) => ({
    key: String(key),
    value: String(value ?? ""),
  }));
  const aliases = grouped(db.prepare(aliasSql).all(wanted), "name", ({ alias, version }) => ({
    alias: String(alias),
    version: String(version),
  }));
  const versions = new Map<string, JsonObject[]>(names.map((name) => [name, []]));
  for (const version of loadVersions(context, latestVersions(context, names, order), { aliases: false })) {
    versions.get(String(version["name"]))?.push(version);
  }
  const rows = new Map(
    db
      .prepare(modelSql)
      .all(wanted)
      .map((row) => [row["name"], row]),
  );

  return names.flatMap((name) => {
    const row = rows.get(name);
    if (row === undefined) return [];
    return {
      name,
      creation_timestamp: integer(row["creation_time"]),
      last_updated_timestamp: integer(row["last_updated_time"]),
      // An empty one is none, other than that of a version.
      description: typeof row["description"] === "string" && row["description"] ? row["description"] : undefined,
      latest_versions: list(versions.get(name) ?? []),
      tags: list(tags.get(name) ?? []),
      aliases: list(aliases.get(name) ?? []),
    };
  });
}
