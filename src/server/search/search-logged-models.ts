import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { type JsonObject, list } from "../json.ts";
import { refuseValue } from "../refusal.ts";
import type { RequestFields } from "../route.ts";
import { experimentNumber } from "../tracking/experiment-rows.ts";
import { loadLoggedModels } from "./load-logged-models.ts";
import { type DatasetFilter, loggedModelGrammar, onDatasets } from "./logged-model-grammar.ts";
import { modelOrderOf, modelOrderSql } from "./logged-model-order.ts";
import { modelPageOffset, modelPageToken, type ModelSearch } from "./logged-model-token.ts";
import { parseFilter } from "./parse.ts";
import { filterSql } from "./to-sql.ts";

const defaultResults = 100;
/** MLflow has no limit; whoever asks for more gets a token for the rest. */
const mostResults = 50_000;
/** `POST logged-models/search`: experiment_ids, filter, datasets, max_results, order_by, page_token. */
export function searchLoggedModels(context: ServerContext, request: RequestFields): JsonObject {
  const { db } = context;
  const fields = new Fields(request);
  const ids = fields.texts("experiment_ids");
  if (ids.length === 0) fields.missing("experiment_ids");
  const filterText = fields.text("filter") || undefined;
  const orders = modelOrderOf(fields);
  const datasets = datasetsOf(fields);
  const limit = Math.min(resultsOf(fields), mostResults);
  const search: ModelSearch = {
    experiment_ids: ids,
    filter_string: filterText ?? null,
    order_by: orders.length === 0 ? null : orders,
  };
  const offset = modelPageOffset(fields.text("page_token"), search);
  const comparisons = filterText === undefined ? [] : parseFilter(filterText, loggedModelGrammar(datasets));
  const filter = filterSql(comparisons);
  const narrowed = comparisons.some(({ field }) => field.name === "m.metric_value")
    ? onDatasets([])
    : measured(datasets);
  const order = modelOrderSql(orders);
  const rows = db
    .prepare(
      `SELECT ${["logged_models.model_id AS id", ...order.columns].join(", ")} FROM logged_models WHERE logged_models.lifecycle_stage != 'deleted' ` +
        `AND logged_models.experiment_id IN (SELECT value FROM json_each(?)) AND ${narrowed.sql} AND ${filter.sql} ` +
        `ORDER BY ${order.orderBy} LIMIT ? OFFSET ?`,
    )
    .all(
      ...order.values,
      JSON.stringify(ids.map(experimentNumber)),
      ...narrowed.values,
      ...filter.values,
      limit + 1,
      offset,
    );
  const found = rows.slice(0, limit).map((row) => String(row["id"]));
  return {
    models: list(loadLoggedModels(context, found)),
    next_page_token: rows.length > limit ? modelPageToken(search, offset + limit) : undefined,
  };
}

/** Datasets without a filter on metrics: models with any metric on one of them. */
function measured(datasets: readonly DatasetFilter[]): ReturnType<typeof onDatasets> {
  if (datasets.length === 0) return onDatasets([]);
  const { sql, values } = onDatasets(datasets);
  return {
    sql: `EXISTS (SELECT 1 FROM logged_model_metrics m WHERE m.model_id = logged_models.model_id AND ${sql})`,
    values,
  };
}

function datasetsOf(fields: Fields): DatasetFilter[] {
  return fields.messages("datasets").map((dataset) => ({
    name: dataset.text("dataset_name") || refuseValue("`dataset_name` in the `datasets` clause must be specified."),
    digest: dataset.text("dataset_digest") || undefined,
  }));
}

/** `max_results`: 0 or none is 100. */
function resultsOf(fields: Fields): number {
  const value = Number(fields.int64("max_results") ?? 0);
  if (value >= 0) return value || defaultResults;
  refuseValue(`Invalid value ${value} for parameter 'max_results' supplied. It must be a positive integer`);
}
