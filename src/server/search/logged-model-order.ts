import type { Fields } from "../fields.ts";
import { refuseValue } from "../refusal.ts";
import { attributeOrder } from "./logged-model-grammar.ts";

/** One object of `order_by`. */
export interface ModelOrder {
  readonly field_name: string;
  readonly ascending: boolean;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

/** SQL of an order. Not by joins: SQLite would think for seconds about the best way to do fifty. */
export interface ModelOrderSql {
  /** Columns to select beside the id. */
  readonly columns: readonly string[];
  /** What follows ORDER BY. */
  readonly orderBy: string;
  /** Values of the `?` in `columns`. */
  readonly values: readonly string[];
}

const mostOrders = 50;

export function modelOrderOf(fields: Fields): ModelOrder[] {
  const orders = fields.list("order_by");
  if (orders.length > mostOrders) {
    refuseValue(`Cannot order by ${orders.length} keys: there must be at most ${mostOrders}`);
  }
  return fields.messages("order_by").map((order) => ({
    field_name: order.text("field_name") ?? "",
    ascending: order.bool("ascending") ?? true,
    dataset_name: order.text("dataset_name") || null,
    dataset_digest: order.text("dataset_digest") || null,
  }));
}

/**
 * Objects of `order_by` as SQL. A metric counts by its latest measurement, on one dataset when the order names one;
 * what is missing goes last. The newest model comes first among equals.
 */
export function modelOrderSql(orders: readonly ModelOrder[]): ModelOrderSql {
  const columns: string[] = [];
  const keys: string[] = [];
  const values: string[] = [];
  const named = new Set<string>();
  for (const [index, order] of orders.entries()) {
    const alias = `o${index}`;
    const dot = order.field_name.indexOf(".");
    const direction = order.ascending ? "ASC" : "DESC";
    if (dot === -1) {
      const column = attributeOrder(order.field_name);
      named.add(column.name);
      keys.push(column.rank(alias), `${column.value(alias)} ${direction}`);
      continue;
    }
    if (order.field_name.slice(0, dot) !== "metrics") {
      refuseValue(
        `Invalid order by field name: ${order.field_name.slice(0, 300)}. Only metrics and attributes are supported.`,
      );
    }
    const conditions = ["metric_name = ?"];
    values.push(order.field_name.slice(dot + 1));
    if (order.dataset_name !== null) conditions.push("dataset_name = ?") && values.push(order.dataset_name);
    if (order.dataset_digest !== null) conditions.push("dataset_digest = ?") && values.push(order.dataset_digest);
    columns.push(
      `(SELECT metric_value FROM logged_model_metrics WHERE model_id = logged_models.model_id AND ${conditions.join(" AND ")} ` +
        `ORDER BY metric_timestamp_ms DESC, metric_step DESC, run_id LIMIT 1) AS ${alias}`,
    );
    keys.push(`${alias} IS NULL`, `${alias} ${direction}`);
  }
  if (!named.has("logged_models.creation_timestamp_ms")) keys.push("logged_models.creation_timestamp_ms DESC");
  if (!named.has("logged_models.model_id")) keys.push("logged_models.model_id");
  return { columns, orderBy: keys.join(", "), values };
}
