import type { ServerContext } from "../context.ts";
import type { Grammar, SqlPiece } from "./grammar.ts";
import { type OrderSql, orderSql } from "./order-by.ts";
import { pageOffset, pageToken } from "./page-token.ts";
import { parseFilter } from "./parse.ts";
import { filterSql } from "./to-sql.ts";

/** One search, checked and bounded. */
export interface Search {
  readonly grammar: Grammar;
  /** Table of the rows; its id column. */
  readonly table: string;
  readonly id: string;
  /** What every row must meet before the filter, such as the lifecycle stage. */
  readonly scope: SqlPiece;
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly ties: readonly { readonly name: string; readonly sql: string }[];
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

/** One page of ids, and the token of the next page where there is one. */
export interface Found {
  readonly ids: readonly (string | number)[];
  readonly nextPageToken: string | undefined;
}

/** Compiles a search to SQL and finds one page of ids. Everything a client wrote is bound, nothing is spliced in. */
export function findPage({ db, compat }: ServerContext, search: Search): Found {
  const { grammar, table, id, scope, maxResults } = search;
  const comparisons = search.filter ? parseFilter(search.filter, grammar) : [];
  const filter = filterSql(grammar.rewrite?.(comparisons) ?? comparisons);
  const order: OrderSql = orderSql(search.orderBy, grammar, search.ties);
  const offset = pageOffset(search.pageToken);
  const sql =
    `SELECT ${table}.${id} AS id FROM ${table} ${order.joins} WHERE ${scope.sql} AND ${filter.sql} ` +
    `ORDER BY ${order.orderBy} LIMIT ? OFFSET ?`;
  const rows = db.prepare(sql).all(...order.values, ...scope.values, ...filter.values, maxResults + 1, offset);
  const ids = rows
    .slice(0, maxResults)
    .map((row) => (typeof row["id"] === "bigint" ? Number(row["id"]) : (row["id"] as string | number)));
  // MLflow 2 sent a token with every full page of runs, the last one included.
  const more = rows.length > maxResults || (compat.release2 && table === "runs" && ids.length === maxResults);
  return { ids, nextPageToken: more ? pageToken(offset + maxResults) : undefined };
}
