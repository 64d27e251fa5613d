import {
  compare,
  keyedMetric,
  keyedText,
  type KeyTable,
  listComparators,
  numberColumn,
  textColumn,
} from "./condition.ts";
import type { Entity, Field, Grammar, OrderColumn } from "./grammar.ts";
import { ownColumn } from "./order-by.ts";
import { refuseValue } from "../refusal.ts";

const metricTable: KeyTable = { table: "latest_metrics", on: "t.run_uuid = runs.run_uuid" };
const paramTable: KeyTable = { table: "params", on: "t.run_uuid = runs.run_uuid" };
const tagTable: KeyTable = { table: "tags", on: "t.run_uuid = runs.run_uuid" };

const runName: Field = textColumn("runs.name");
const startTime: Field = numberColumn("runs.start_time");

const metric: Entity = { name: "metric", prefixes: ["metrics", "metric"], fields: keyedMetric(metricTable) };
const param: Entity = {
  name: "parameter",
  prefixes: ["params", "param", "parameters", "parameter"],
  fields: keyedText(paramTable),
};
const tag: Entity = { name: "tag", prefixes: ["tags", "tag"], fields: keyedText(tagTable) };
const attribute: Entity = {
  name: "attribute",
  prefixes: ["attributes", "attribute", "attr", "run"],
  fields: {
    run_id: textColumn("runs.run_uuid", listComparators),
    run_name: runName,
    "run name": runName,
    "Run name": runName,
    "Run Name": runName,
    user_id: textColumn("runs.user_id"),
    status: textColumn("runs.status"),
    artifact_uri: textColumn("runs.artifact_uri"),
    start_time: startTime,
    created: startTime,
    Created: startTime,
    end_time: numberColumn("runs.end_time"),
  },
};
const dataset: Entity = {
  name: "dataset",
  prefixes: ["datasets", "dataset"],
  fields: {
    name: inputField("d.name"),
    digest: inputField("d.digest"),
    context: inputField("c.value"),
  },
};

const orderColumns: Readonly<Record<string, string>> = {
  run_id: "runs.run_uuid",
  run_name: "runs.name",
  user_id: "runs.user_id",
  status: "runs.status",
  artifact_uri: "runs.artifact_uri",
  start_time: "runs.start_time",
  created: "runs.start_time",
  Created: "runs.start_time",
  end_time: "runs.end_time",
};

/** What runs are searched and ordered by. Rows are `runs`; metrics mean the latest value of a key. */
export const runGrammar: Grammar = {
  noun: "runs",
  entities: [metric, param, tag, attribute, dataset],
  bare: "attribute",
  order(prefix, key) {
    const entity =
      prefix === undefined
        ? attribute
        : [metric, param, tag, attribute, dataset].find((one) => one.prefixes.includes(prefix));
    if (entity === metric) return keyedOrder(metricTable.table, key, true);
    if (entity === param) return keyedOrder(paramTable.table, key, false);
    if (entity === tag) return keyedOrder(tagTable.table, key, false);
    if (entity === undefined) {
      refuseValue(`Invalid entity type '${prefix}'. Valid values are ['metric', 'parameter', 'tag', 'attribute']`);
    }
    const column = entity === attribute && Object.hasOwn(orderColumns, key) ? orderColumns[key] : undefined;
    if (column !== undefined) return ownColumn(column);
    const valid = Object.keys(orderColumns)
      .sort()
      .map((one) => `'${one}'`)
      .join(", ");
    refuseValue(`Invalid ${entity.name} key '${key}' specified. Valid keys are {${valid}}`);
  },
};

/** A fact of any dataset that the run used. */
function inputField(column: string): Field {
  return {
    name: column,
    type: "text",
    comparators: listComparators,
    condition: (comparison) => {
      const { sql, values } = compare(column, comparison);
      const context = "LEFT JOIN input_tags c ON c.input_uuid = i.input_uuid AND c.name = 'mlflow.data.context'";
      return {
        sql:
          `EXISTS (SELECT 1 FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id ${context} ` +
          `WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id = runs.run_uuid AND ${sql})`,
        values,
      };
    },
  };
}

/** The value of a key of the run: NaN after the numbers, and what lacks the key after that. */
function keyedOrder(table: string, key: string, isMetric: boolean): OrderColumn {
  return {
    name: `${table}.${key}`,
    join: (alias) => ({
      sql: `LEFT JOIN ${table} ${alias} ON ${alias}.run_uuid = runs.run_uuid AND ${alias}.key = ?`,
      values: [key],
    }),
    rank: (alias) =>
      isMetric
        ? `CASE WHEN ${alias}.is_nan = 1 THEN 1 WHEN ${alias}.value IS NULL THEN 2 ELSE 0 END`
        : `${alias}.value IS NULL`,
    value: (alias) => `${alias}.value`,
  };
}
