import type { SqlValue } from "../../sql/database.ts";

/** Comparators of MLflow's filter language. */
export type Comparator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "LIKE"
  | "ILIKE"
  | "IN"
  | "NOT IN"
  | "NOT LIKE"
  | "NOT ILIKE"
  | "RLIKE"
  | "IS NULL"
  | "IS NOT NULL";

/** A piece of SQL with the values of its `?`, in order. */
export interface SqlPiece {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** One clause of a filter, checked against the grammar. */
export interface Comparison {
  readonly field: Field;
  readonly key: string;
  readonly comparator: Comparator;
  /** Text, number or list of texts; undefined for IS [NOT] NULL. */
  readonly value: string | number | readonly string[] | undefined;
}

/** One thing to search by: a column, or all keys of one table (metrics, params, tags). */
export interface Field {
  /** What error messages call it. */
  readonly name: string;
  /** An integer may stand in quotes, other than a number. */
  readonly type: "text" | "number" | "integer";
  readonly comparators: readonly Comparator[];
  /** SQL of the condition on the outer row. */
  condition(comparison: Comparison): SqlPiece;
}

/** One prefix of identifiers, such as `metrics.`, with the fields below it. */
export interface Entity {
  /** MLflow's name for it in messages: metric, parameter, tag, attribute, dataset. */
  readonly name: string;
  readonly prefixes: readonly string[];
  /** The field for any key, or the fields by key. */
  readonly fields: Field | Readonly<Record<string, Field>>;
}

/** A column, joined or of the row itself, to order by. */
export interface OrderColumn {
  /** What counts as the same field when it is named twice. */
  readonly name: string;
  /** LEFT JOIN that makes the column visible; `alias` is unique per clause. */
  readonly join?: (alias: string) => SqlPiece;
  /** Expressions to sort by in front of the value: what is missing goes last in both directions. */
  rank(alias: string): string;
  value(alias: string): string;
}

/** All that one kind of thing (runs, experiments, ...) can be searched and ordered by. */
export interface Grammar {
  /** What is searched, in messages: `runs`. */
  readonly noun: string;
  readonly entities: readonly Entity[];
  /** The entity of a bare identifier, by its name. */
  readonly bare: string;
  /** A text may stand without quotes, and double quotes belong to it: what the search of logged models makes of them. */
  readonly unquotedText?: boolean;
  /** What a filter means beside what it says. */
  rewrite?(comparisons: readonly Comparison[]): readonly Comparison[];
  /** The column to order by; throws a Refusal for what cannot be ordered by. */
  order(entity: string | undefined, key: string): OrderColumn;
}
