import { refuseValue } from "../refusal.ts";
import { compare, keyedText, listComparators, numberColumn, textColumn } from "./condition.ts";
import type { Entity, Field, Grammar, SqlPiece } from "./grammar.ts";
import type { OrderColumn } from "./grammar.ts";
import { ownColumn } from "./order-by.ts";

/** A dataset by which metrics are narrowed: without a digest, those that name none. */
export interface DatasetFilter {
  readonly name: string;
  readonly digest: string | undefined;
}

/** A metric of a model was measured on one of the datasets; no datasets, no condition. `m` is the metric's row. Alternatives joined by OR would keep SQLite thinking for seconds. */
export function onDatasets(datasets: readonly DatasetFilter[]): SqlPiece {
  if (datasets.length === 0) return { sql: "1", values: [] };
  return {
    sql:
      "EXISTS (SELECT 1 FROM json_each(?) d WHERE m.dataset_name = json_extract(d.value, '$[0]') " +
      "AND m.dataset_digest IS json_extract(d.value, '$[1]'))",
    values: [JSON.stringify(datasets.map(({ name, digest }) => [name, digest ?? null]))],
  };
}

const column = (name: string): Field => textColumn(`logged_models.${name}`, listComparators);
const created: Field = numberColumn("logged_models.creation_timestamp_ms");
const updated: Field = numberColumn("logged_models.last_updated_timestamp_ms");

const attribute: Entity = {
  name: "attribute",
  prefixes: ["attributes"],
  fields: {
    model_id: column("model_id"),
    experiment_id: column("experiment_id"),
    name: column("name"),
    artifact_location: column("artifact_location"),
    creation_time: created,
    creation_timestamp: created,
    creation_timestamp_ms: created,
    last_updated_timestamp: updated,
    last_updated_timestamp_ms: updated,
    // A number in the database, compared as SQLite compares it with a text: 'READY' is never found, '2' is.
    status: column("status"),
    lifecycle_stage: column("lifecycle_stage"),
    model_type: column("model_type"),
    source_run_id: column("source_run_id"),
    status_message: column("status_message"),
  },
};
const param: Entity = { name: "param", prefixes: ["params"], fields: keyed("logged_model_params", "param") };
const tag: Entity = { name: "tag", prefixes: ["tags"], fields: keyed("logged_model_tags", "tag") };

function keyed(table: string, kind: string): Field {
  const on = "t.model_id = logged_models.model_id";
  return keyedText({ table, on, key: `${kind}_key`, value: `${kind}_value` }, listComparators);
}

/** What logged models are searched by. Any measurement of a metric counts, not only the latest. Rows are `logged_models`. */
export function loggedModelGrammar(datasets: readonly DatasetFilter[]): Grammar {
  const measured = onDatasets(datasets);
  const metric: Field = {
    ...numberColumn("m.metric_value"),
    condition: (comparison) => {
      const { sql, values } = compare("m.metric_value", comparison);
      return {
        sql: `EXISTS (SELECT 1 FROM logged_model_metrics m WHERE m.model_id = logged_models.model_id AND m.metric_name = ? AND ${sql} AND ${measured.sql})`,
        values: [comparison.key, ...values, ...measured.values],
      };
    },
  };
  return {
    noun: "logged models",
    entities: [attribute, { name: "metric", prefixes: ["metrics"], fields: metric }, param, tag],
    bare: "attribute",
    unquotedText: true,
    order: (_entity, key) => attributeOrder(key),
  };
}

/** An attribute to order by. */
export function attributeOrder(key: string): OrderColumn {
  const field =
    Object.hasOwn(attribute.fields, key) && (attribute.fields as Readonly<Record<string, Field>>)[key]?.name;
  if (field) return ownColumn(field);
  refuseValue(`Invalid order by field name: ${key.slice(0, 300)}`);
}
