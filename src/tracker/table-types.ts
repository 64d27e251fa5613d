/** What stands in one cell of a table. */
export type Cell = string | number | boolean | Date | null;

/** How a table is written as CSV. */
export interface CsvOptions {
  /**
   * For Excel and the like: begins with a byte order mark, ends lines in `\r\n`, and puts an apostrophe before a text that
   * a spreadsheet would run as a formula. Without it the texts are as they were logged, for programs. @default false
   */
  readonly spreadsheet?: boolean;
}

/**
 * What all tables have in common: an iterable of flat rows that shows itself in terminals and notebooks. Every method
 * gives a new table or a new value; no table changes.
 */
export interface ShownTable<Row> extends Iterable<Row> {
  /** Plain objects; a new table has an array of its own. */
  readonly rows: Row[];
  /** Columns of the rows, in their order. */
  readonly columns: readonly string[];
  /** Number of rows. */
  readonly length: number;
  /** One array per column, all of one length, for dataframe libraries such as Arquero and nodejs-polars. */
  toColumns(): Record<string, Cell[]>;
  /**
   * CSV as in RFC 4180 with a header, but lines end in `\n`; times in ISO 8601; NaN and null are empty, an empty text is
   * `""`. Texts that begin like a formula stay as they are: pass `{ spreadsheet: true }` for a file that people open.
   */
  toCSV(options?: CsvOptions): string;
  /** One JSON object per line; NaN is null, an infinity the text `"Infinity"`, times are ISO 8601. */
  toJSONLines(): string;
  /** A `<table>` with its own styles that reads well on light and dark ground; all texts are escaped. */
  toHTML(): string;
  /** What `JSON.stringify` writes: the rows. */
  toJSON(): Row[];
  /** The table as `console.log` shows it, without colours. */
  toString(): string;
}

/** A table whose columns are its own, such as a comparison of runs or the histories of metrics. */
export interface DataTable<Row> extends ShownTable<Row> {
  /** Sorted by a column, or by an own comparison. NaN and null come last in both directions; equal rows keep their order. */
  sort(column: string | ((a: Row, b: Row) => number), direction?: "asc" | "desc"): DataTable<Row>;
  /** The rows for which `keep` is true. */
  filter(keep: (row: Row) => boolean): DataTable<Row>;
}

/** One value of a metric of a run. */
export interface HistoryRow {
  /** MLflow's id of the run. */
  readonly run_id: string;
  /** The run's name. */
  readonly name: string;
  /** The metric. */
  readonly key: string;
  readonly step: number;
  readonly timestamp: Date;
  /** NaN where NaN was logged. */
  readonly value: number;
}

/**
 * One field of several runs: `field` names it as a column of `RunTable` does, `differs` says whether the runs have
 * different values. Then a column for each run, called by its name (and the start of its id where two have the same):
 * the value, NaN for a metric and null for a param or tag that the run has not.
 */
export interface ComparedField {
  readonly field: string;
  readonly differs: boolean;
  readonly [run: string]: string | number | boolean | null;
}
