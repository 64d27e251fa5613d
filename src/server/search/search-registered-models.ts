import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { type JsonObject, list } from "../json.ts";
import { loadModels } from "../registry/load-models.ts";
import type { RequestFields } from "../route.ts";
import { registeredModelGrammar } from "./registered-model-grammar.ts";
import { findPage } from "./search.ts";
import { maxResultsField } from "./search-fields.ts";

/** `GET registered-models/search`: filter, max_results, order_by, page_token. A page of zero has no token. */
export function searchRegisteredModels(context: ServerContext, request: RequestFields): JsonObject {
  const fields = new Fields(request);
  const maxResults = maxResultsField(fields, 100, { least: 0, most: 1000 });
  const { ids, nextPageToken } = findPage(context, {
    grammar: registeredModelGrammar,
    table: "registered_models",
    id: "name",
    scope: { sql: "registered_models.workspace = 'default'", values: [] },
    filter: fields.text("filter"),
    orderBy: fields.texts("order_by"),
    ties: [{ name: "registered_models.name", sql: "registered_models.name" }],
    maxResults,
    pageToken: fields.text("page_token"),
  });
  return {
    registered_models: list(loadModels(context, ids.map(String), "by-name")),
    next_page_token: maxResults === 0 ? undefined : nextPageToken,
  };
}
