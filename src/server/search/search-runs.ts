import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { type JsonObject, list } from "../json.ts";
import { refuseValue } from "../refusal.ts";
import type { RequestFields } from "../route.ts";
import { loadRuns } from "./load-runs.ts";
import { runGrammar } from "./run-grammar.ts";
import { findPage } from "./search.ts";
import { maxResultsField, viewField } from "./search-fields.ts";

const ties: readonly { readonly name: string; readonly sql: string }[] = [
  { name: "runs.start_time", sql: "runs.start_time DESC" },
  { name: "runs.run_uuid", sql: "runs.run_uuid" },
];

/** `POST runs/search`: experiment_ids, filter, run_view_type, max_results, order_by, page_token. */
export function searchRuns(context: ServerContext, request: RequestFields): JsonObject {
  const fields = new Fields(request);
  const maxResults = maxResultsField(fields, 1000);
  const experimentIds = fields.texts("experiment_ids");
  if (experimentIds.length === 0) return {}; // whatever the filter says, as in MLflow
  const { ids, nextPageToken } = findPage(context, {
    grammar: runGrammar,
    table: "runs",
    id: "run_uuid",
    scope: {
      sql:
        "runs.experiment_id IN (SELECT value FROM json_each(?)) AND " +
        "runs.lifecycle_stage IN (SELECT value FROM json_each(?))",
      values: [JSON.stringify(experimentIds.map(experimentNumber)), JSON.stringify(viewField(fields, "run_view_type"))],
    },
    filter: fields.text("filter"),
    orderBy: fields.texts("order_by"),
    ties,
    maxResults,
    pageToken: fields.text("page_token"),
  });
  return { runs: list(loadRuns(context, ids.map(String))), next_page_token: nextPageToken };
}

function experimentNumber(id: string): number {
  if (/^\d{1,15}$/u.test(id)) return Number(id);
  refuseValue(
    `Invalid value '${id.slice(0, 100)}' in parameter 'experiment_ids' supplied: an experiment id is a number in quotes`,
  );
}
