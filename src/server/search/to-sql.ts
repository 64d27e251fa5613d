import type { Comparison, SqlPiece } from "./grammar.ts";

/** All clauses of a filter as one condition; "1" for none. */
export function filterSql(comparisons: readonly Comparison[]): SqlPiece {
  if (comparisons.length === 0) return { sql: "1", values: [] };
  const pieces = comparisons.map((comparison) => comparison.field.condition(comparison));
  return { sql: pieces.map(({ sql }) => `(${sql})`).join(" AND "), values: pieces.flatMap(({ values }) => values) };
}
