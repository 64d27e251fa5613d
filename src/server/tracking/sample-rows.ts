import type { SqlRow } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";

/**
 * At most `most` points of a metric, evenly spread over its rows in order of step, with the first and the last; one
 * point alone is the last.
 */
export function sampleRows(
  { db }: ServerContext,
  run: string,
  key: string,
  most: number,
  range: readonly [number | bigint, number | bigint] | undefined,
): SqlRow[] {
  const where = `run_uuid = ? AND key = ?${range === undefined ? "" : " AND step BETWEEN ? AND ?"}`;
  const values = [run, key, ...(range ?? [])];
  const total = Number(db.prepare(`SELECT count(*) AS total FROM metrics WHERE ${where}`).get(...values)?.["total"]);
  return db
    .prepare(
      "SELECT value, CAST(timestamp AS TEXT) AS time, CAST(step AS TEXT) AS place, is_nan FROM " +
        `(SELECT *, row_number() OVER (ORDER BY step, timestamp, value) AS number FROM metrics WHERE ${where}) ` +
        "WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number",
    )
    .all(...values, JSON.stringify(places(total, most)));
}

/** Numbers, from 1, of the rows to show: the first of each of `most` buckets as SQL's NTILE makes them, then the last. */
function places(total: number, most: number): number[] {
  if (total <= most) return Array.from({ length: total }, (_, index) => index + 1);
  const size = Math.floor(total / most);
  const larger = total % most;
  return Array.from({ length: most }, (_, bucket) =>
    bucket === most - 1 ? total : bucket * size + Math.min(bucket, larger) + 1,
  );
}
