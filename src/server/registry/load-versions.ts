import type { ServerContext } from "../context.ts";
import { type JsonObject, list } from "../json.ts";
import { grouped, integer, text } from "./row-values.ts";

const among = "IN (SELECT value FROM json_each(?))";
const versionSql: string =
  "SELECT rowid AS id, name, version, creation_time, last_updated_time, description, user_id, current_stage, source, " +
  `run_id, status, status_message, run_link FROM model_versions WHERE rowid ${among}`;
const tagSql: string =
  "SELECT v.rowid AS id, t.key, t.value FROM model_versions v JOIN model_version_tags t " +
  `ON t.workspace = v.workspace AND t.name = v.name AND t.version = v.version WHERE v.rowid ${among}`;
const aliasSql: string =
  "SELECT v.rowid AS id, a.alias FROM model_versions v JOIN registered_model_aliases a " +
  `ON a.workspace = v.workspace AND a.name = v.name AND a.version = v.version WHERE v.rowid ${among}`;

/**
 * Versions as MLflow answers them, in the order of the rows' numbers; numbers that are not there are left out. Two or
 * three queries: only what answers one version, or the latest, tells the aliases.
 */
export function loadVersions(
  context: ServerContext,
  ids: readonly number[],
  { aliases: withAliases }: { readonly aliases: boolean },
): JsonObject[] {
  const { db, artifactRoot } = context;
  const wanted = JSON.stringify(ids);
  const tags = grouped(db.prepare(tagSql).all(wanted), "id", ({ key, value }) => ({
    key: String(key),
    value: String(value ?? ""),
  }));
  const aliases = grouped(withAliases ? db.prepare(aliasSql).all(wanted) : [], "id", ({ alias }) => String(alias));
  const rows = new Map(
    db
      .prepare(versionSql)
      .all(wanted)
      .map((row) => [Number(row["id"]), row]),
  );

  return ids.flatMap((id) => {
    const row = rows.get(id);
    if (row === undefined) return [];
    const source = row["source"];
    return {
      name: String(row["name"]),
      version: String(row["version"]),
      creation_timestamp: integer(row["creation_time"]),
      last_updated_timestamp: integer(row["last_updated_time"]),
      user_id: text(row["user_id"]),
      current_stage: text(row["current_stage"]),
      description: text(row["description"]),
      source: typeof source === "string" ? artifactRoot.toPublic(source) : undefined,
      run_id: text(row["run_id"]),
      status: text(row["status"]),
      status_message: text(row["status_message"]) || undefined,
      tags: list(tags.get(id) ?? []),
      run_link: text(row["run_link"]),
      aliases: list(aliases.get(id) ?? []),
    };
  });
}
