import type { RunColumn } from "./run-table-types.ts";
import { unknownColumn } from "./unknown-column.ts";

/** Metrics that a message names. */
const mostNamed = 20;
/** What stands before the name of a metric in filters, in Python and in what people remember of them. */
const prefix = /^(data\.)?(metrics?|params?|tags?)\./i;

/**
 * The column of a metric that is named with or without `metrics.`, or `duration`; of one that no run has, too.
 *
 * @throws ValidationError for what is there and is no metric (`params.lr`), or is a metric under another name (`metric.loss`)
 */
export function metricColumn(metric: string, columns: readonly RunColumn[]): RunColumn {
  const given = String(metric) as RunColumn;
  const has = (column: string): boolean => columns.includes(column as RunColumn);
  if (given.startsWith("metrics.") && has(given)) return given;
  // A metric that is called as a column of ours is what was meant.
  if (has(`metrics.${given}`)) return `metrics.${given}`;
  if (given === "duration") return given;
  const metrics = columns.filter((column) => column.startsWith("metrics."));
  if (has(given) || has(`metrics.${given.replace(prefix, "")}`)) {
    const more = metrics.length > mostNamed ? [`${metrics.length - mostNamed} more`] : [];
    throw unknownColumn("find the best by", given, metrics, [...metrics.slice(0, mostNamed), ...more, "duration"]);
  }
  return given.startsWith("metrics.") ? given : `metrics.${given}`;
}
