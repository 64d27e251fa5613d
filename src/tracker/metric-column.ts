import type { RunColumn } from "./run-table-types.ts";
import { someOf, unknownColumn } from "./unknown-column.ts";

/** What stands before the name of a metric in filters, in Python and in what people remember of them. */
const prefix = /^(data\.)?(metrics?|params?|tags?)\./i;

/**
 * The column of a metric that is named with or without `metrics.`, or `duration`.
 *
 * @param rows How many there are: without rows there are no metrics either, and any name is taken.
 * @throws ValidationError for a metric that no row has, for what is there and is no metric (`params.lr`), or is a metric
 * under another name (`metric.loss`)
 */
export function metricColumn(metric: string, columns: readonly RunColumn[], rows: number): RunColumn {
  const given = String(metric) as RunColumn;
  const has = (column: string): boolean => columns.includes(column as RunColumn);
  if (given.startsWith("metrics.") && has(given)) return given;
  // A metric that is called as a column of ours is what was meant.
  if (has(`metrics.${given}`)) return `metrics.${given}`;
  if (given === "duration") return given;
  if (rows > 0 || has(given) || has(`metrics.${given.replace(prefix, "")}`)) {
    const metrics = columns.filter((column) => column.startsWith("metrics."));
    throw unknownColumn("find the best by", given, metrics, [...someOf(metrics), "duration"]);
  }
  return given.startsWith("metrics.") ? given : `metrics.${given}`;
}
