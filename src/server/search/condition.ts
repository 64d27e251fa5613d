import type { Comparator, Comparison, Field, SqlPiece } from "./grammar.ts";
import { matchText } from "./match-text.ts";

export const textComparators: readonly Comparator[] = ["=", "!=", "LIKE", "ILIKE"];
export const listComparators: readonly Comparator[] = [...textComparators, "IN", "NOT IN"];
const keyComparators: readonly Comparator[] = [...textComparators, "IS NULL", "IS NOT NULL"];
const numberComparators: readonly Comparator[] = ["=", "!=", "<", "<=", ">", ">="];

/** `column comparator value` with bound values. Lists are bound as one JSON text: engines limit the count of `?`. */
export function compare(column: string, { comparator, value }: Comparison): SqlPiece {
  if (comparator === "IN" || comparator === "NOT IN") {
    return { sql: `${column} ${comparator} (SELECT value FROM json_each(?))`, values: [JSON.stringify(value)] };
  }
  if (comparator === "LIKE" || comparator === "ILIKE") return matchText(column, String(value), comparator === "ILIKE");
  return { sql: `${column} ${comparator} ?`, values: [value as string | number] };
}

/** A column of the row itself that holds text. */
export function textColumn(column: string, comparators: readonly Comparator[] = textComparators): Field {
  return { name: column, type: "text", comparators, condition: (comparison) => compare(column, comparison) };
}

/** A column of the row itself that holds a number. */
export function numberColumn(column: string): Field {
  return {
    name: column,
    type: "number",
    comparators: numberComparators,
    condition: (comparison) => compare(column, comparison),
  };
}

/** Where the values of all keys of one kind stand: one row per owner and key. */
export interface KeyTable {
  readonly table: string;
  /** SQL that joins `t` to the outer row, such as `t.run_uuid = runs.run_uuid`. */
  readonly on: string;
  readonly key?: string;
  readonly value?: string;
}

/** Text by key (params, tags). A comparison never matches what lacks the key, `!=` included. */
export function keyedText(
  { table, on, key = "key", value = "value" }: KeyTable,
  comparators: readonly Comparator[] = keyComparators,
): Field {
  return {
    name: table,
    type: "text",
    comparators,
    condition: (comparison) => {
      const exists = `EXISTS (SELECT 1 FROM ${table} t WHERE ${on} AND t.${key} = ?`;
      if (comparison.comparator === "IS NULL") return { sql: `NOT ${exists})`, values: [comparison.key] };
      if (comparison.comparator === "IS NOT NULL") return { sql: `${exists})`, values: [comparison.key] };
      const { sql, values } = compare(`t.${value}`, comparison);
      return { sql: `${exists} AND ${sql})`, values: [comparison.key, ...values] };
    },
  };
}

/** Latest metrics by key. NaN is stored as 0 with a mark: it is unequal to every number and neither above nor below. */
export function keyedMetric({ table, on, key = "key", value = "value" }: KeyTable): Field {
  return {
    name: table,
    type: "number",
    comparators: numberComparators,
    condition: (comparison) => {
      const { sql, values } = compare(`t.${value}`, comparison);
      const nan = comparison.comparator === "!=" ? `(t.is_nan = 1 OR ${sql})` : `t.is_nan = 0 AND ${sql}`;
      return {
        sql: `EXISTS (SELECT 1 FROM ${table} t WHERE ${on} AND t.${key} = ? AND ${nan})`,
        values: [comparison.key, ...values],
      };
    },
  };
}
