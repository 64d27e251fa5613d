import type { SqlValue } from "../../sql/database.ts";
import type { Grammar, OrderColumn } from "./grammar.ts";
import { identifierOf } from "./identifier.ts";
import { Refusal, refuseValue } from "../refusal.ts";
import { tokenise } from "./tokens.ts";

/** SQLite joins at most 64 tables. */
const mostOrders = 50;

/** SQL of an order: joins that bring the columns in, and what follows ORDER BY. */
export interface OrderSql {
  readonly joins: string;
  readonly orderBy: string;
  /** Values of the `?` in `joins`. */
  readonly values: readonly SqlValue[];
}

/**
 * Turns MLflow's `order_by` texts (`metrics.loss DESC`, `start_time`) into SQL. What is missing goes last in both
 * directions. `ties` decide between equal rows; a tie that was asked for itself is left out.
 */
export function orderSql(
  orders: readonly string[],
  grammar: Grammar,
  ties: readonly { readonly name: string; readonly sql: string }[],
): OrderSql {
  if (orders.length > mostOrders) {
    refuseValue(`Cannot order by ${orders.length} keys: there must be at most ${mostOrders}`);
  }
  const seen = new Set<string>();
  const joins: string[] = [];
  const keys: string[] = [];
  const values: SqlValue[] = [];
  for (const [index, text] of orders.entries()) {
    const { column, ascending } = parseOrder(text, grammar);
    if (seen.has(column.name)) {
      const shown = orders.map((order) => `'${order}'`).join(", ");
      // MLflow answers 500 here, and clients that know its answer look for that.
      throw new Refusal("INTERNAL_ERROR", `\`order_by\` contains duplicate fields: [${shown}]`);
    }
    seen.add(column.name);
    const alias = `o${index}`;
    const join = column.join?.(alias);
    if (join !== undefined) {
      joins.push(join.sql);
      values.push(...join.values);
    }
    keys.push(column.rank(alias), `${column.value(alias)} ${ascending ? "ASC" : "DESC"}`);
  }
  keys.push(...ties.filter(({ name }) => !seen.has(name)).map(({ sql }) => sql));
  return { joins: joins.join(" "), orderBy: keys.join(", "), values };
}

function parseOrder(text: string, grammar: Grammar): { column: OrderColumn; ascending: boolean } {
  const [key, direction, ...rest] = tokenise(text);
  if (key?.kind !== "word" || rest.length > 0 || (direction !== undefined && direction.kind !== "word")) {
    refuseValue(`Invalid order_by clause '${text}'. Could not be parsed. It must be "key", "key ASC" or "key DESC"`);
  }
  const word = direction?.text.toUpperCase() ?? "ASC";
  if (word !== "ASC" && word !== "DESC") {
    refuseValue(`Invalid ordering key in order_by clause '${text}': the direction must be ASC or DESC`);
  }
  const { entity, key: name } = identifierOf(key.text);
  return { column: grammar.order(entity, name), ascending: word === "ASC" };
}

/** A column of the row itself. */
export function ownColumn(column: string): OrderColumn {
  return { name: column, rank: () => `${column} IS NULL`, value: () => column };
}
