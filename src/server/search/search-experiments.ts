import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { type JsonObject, list } from "../json.ts";
import type { RequestFields } from "../route.ts";
import { experimentGrammar } from "./experiment-grammar.ts";
import { loadExperiments } from "./load-experiments.ts";
import { findPage } from "./search.ts";
import { maxResultsField, viewField } from "./search-fields.ts";

/** `POST` or `GET experiments/search`: max_results, filter, order_by, view_type, page_token. */
export function searchExperiments(context: ServerContext, request: RequestFields): JsonObject {
  const fields = new Fields(request);
  const maxResults = maxResultsField(fields, 0);
  const orderBy = fields.texts("order_by");
  const { ids, nextPageToken } = findPage(context, {
    grammar: experimentGrammar,
    table: "experiments",
    id: "experiment_id",
    scope: {
      sql: "experiments.lifecycle_stage IN (SELECT value FROM json_each(?))",
      values: [JSON.stringify(viewField(fields, "view_type"))],
    },
    filter: fields.text("filter"),
    orderBy: orderBy.length > 0 ? orderBy : ["creation_time DESC", "experiment_id ASC"],
    ties: [{ name: "experiments.experiment_id", sql: "experiments.experiment_id DESC" }],
    maxResults,
    pageToken: fields.text("page_token"),
  });
  return { experiments: list(loadExperiments(context, ids.map(Number))), next_page_token: nextPageToken };
}
