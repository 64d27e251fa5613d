import type { RunStatus } from "../client/types/entities.ts";
import type { TableFacts } from "./shown-table.ts";
import type { Cell, ShownTable } from "./table-types.ts";

/** One run as one flat row: MLflow's names for its fields, then a column for each metric, param and tag. */
export interface RunRow {
  /** MLflow's id, 32 hex digits. */
  readonly run_id: string;
  /** MLflow's id of the experiment. */
  readonly experiment_id: string;
  /** The run's name, not unique. */
  readonly name: string;
  /** How the run ended, or RUNNING. */
  readonly status: RunStatus;
  /** When the run began. */
  readonly start_time: Date;
  /** Null while the run is open. */
  readonly end_time: Date | null;
  /** Milliseconds from start to end; NaN while the run is open. */
  readonly duration: number;
  /** Who started it. */
  readonly user: string;
  /** Where its artifacts lie, as the server says it. */
  readonly artifact_uri: string;
  /** Latest value of a metric; NaN where this run has none. */
  readonly [metric: `metrics.${string}`]: number;
  /** A parameter; null where this run has none. */
  readonly [param: `params.${string}`]: string | null;
  /** A tag, MLflow's own `tags.mlflow.*` too; null where this run has none. */
  readonly [tag: `tags.${string}`]: string | null;
}

/** Name of a column, such as `name`, `metrics.loss` or `params.lr`; `metrics.*` and `metrics.summary.*` mean all that begin so. */
export type RunColumn = keyof RunRow;

/** A row that holds some columns only. */
export type SelectedRow<Column extends RunColumn> = {
  readonly [C in Column as C extends `${infer Start}*` ? `${Start}${string}` : C]: RunRow[C];
};

/**
 * Runs as a table: an iterable of flat rows that shows itself in terminals and notebooks. Every method gives a new
 * table or a new value; no table changes.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker({ experiment: "lesson" });
 * const runs = await tracker.searchRuns({ filter: "params.optimizer = 'adam'" });
 * console.log(runs.sort("metrics.val_loss").select("name", "metrics.*"));
 * console.log(runs.best("val_loss", "min")?.run_id);
 * ```
 */
export interface RunTable<Row = RunRow> extends ShownTable<Row> {
  /** True when the server holds more runs than `maxResults` let through. */
  readonly truncated: boolean;
  /** Writes of this tracker that had not reached the server when it was asked; 0 means that the table is complete. */
  readonly pending: number;
  /**
   * The row with the lowest or highest value of a metric, named with or without `metrics.`, or of `duration`; NaN never
   * wins, of equal rows the first does. Undefined when there are no rows, or none has a number.
   * @throws ValidationError for a metric that no run of the search has, such as a typo, and for a column that is no metric,
   * such as `params.lr`; it names the metrics that there are.
   */
  best(metric: string, goal: "min" | "max"): RunRow | undefined;
  /** The best row for each value of a column (or of an own function), such as the best run of each model. */
  bestBy(by: RunColumn | ((row: RunRow) => Cell), metric: string, goal: "min" | "max"): RunTable<Row>;
  /**
   * A table for each value of a column (or of an own function), in the order in which the values come.
   * @throws ValidationError for a column that no run of the search has.
   */
  group(by: RunColumn | ((row: RunRow) => Cell)): Map<Cell, RunTable<Row>>;
  /**
   * Sorted by a column, or by an own comparison. NaN and null come last in both directions; equal rows keep their order.
   * @throws ValidationError for a column that no run of the search has.
   */
  sort(column: RunColumn | ((a: RunRow, b: RunRow) => number), direction?: "asc" | "desc"): RunTable<Row>;
  /** The rows for which `keep` is true. It sees all columns, selected or not. */
  filter(keep: (row: RunRow) => boolean): RunTable<Row>;
  /**
   * Only these columns, in this order. An own order of rows, `best`, `group` and `filter` still see the others.
   * @throws ValidationError for a column that no run of the search has, such as `metric.loss`; a table without rows takes any
   * key, and a pattern may mean no column.
   */
  select<Column extends RunColumn>(...columns: Column[]): RunTable<SelectedRow<Column>>;
}

/** What `createRunTable` is told beside the runs. */
export type RunTableOptions = TableFacts;
