import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { type JsonObject, list } from "../json.ts";
import { loadVersions } from "../registry/load-versions.ts";
import { deletedStage } from "../registry/stages.ts";
import type { RequestFields } from "../route.ts";
import { modelVersionGrammar } from "./model-version-grammar.ts";
import { findPage } from "./search.ts";
import { maxResultsField } from "./search-fields.ts";

const mostVersions = 200_000;

/** `GET model-versions/search`: filter, max_results, order_by, page_token. Aliases are not told, as in MLflow. */
export function searchModelVersions(context: ServerContext, request: RequestFields): JsonObject {
  const fields = new Fields(request);
  const maxResults = maxResultsField(fields, mostVersions, { most: mostVersions });
  const orderBy = fields.texts("order_by");
  const { ids, nextPageToken } = findPage(context, {
    grammar: modelVersionGrammar,
    table: "model_versions",
    id: "rowid",
    scope: {
      sql: "model_versions.workspace = 'default' AND model_versions.current_stage != ?",
      values: [deletedStage],
    },
    filter: fields.text("filter"),
    orderBy: orderBy.length > 0 ? orderBy : ["last_updated_timestamp DESC"],
    ties: [
      { name: "model_versions.name", sql: "model_versions.name" },
      { name: "model_versions.version", sql: "model_versions.version DESC" },
    ],
    maxResults,
    pageToken: fields.text("page_token"),
  });
  return {
    model_versions: list(loadVersions(context, ids.map(Number), { aliases: false })),
    next_page_token: nextPageToken,
  };
}
