import type { Comparison, SqlPiece } from "./grammar.ts";

/** All clauses of a filter as one condition; "1" for none. */
export function filterSql(comparisons: readonly Comparison[]): SqlPiece {
  if (comparisons.length === 0) return { sql: "1", values: [] };
  const pieces = comparisons.map((comparison) => comparison.field.condition(comparison));
  return { sql: conjunction(pieces.map(({ sql }) => `(${sql})`)), values: pieces.flatMap(({ values }) => values) };
}

/** In halves of halves: a Durable Object takes expressions up to a depth of 100, and a chain is as deep as it is long. */
function conjunction(terms: readonly string[]): string {
  if (terms.length < 3) return terms.join(" AND ");
  const half = terms.length >> 1;
  return `(${conjunction(terms.slice(0, half))}) AND (${conjunction(terms.slice(half))})`;
}
