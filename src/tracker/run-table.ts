import type { RunData } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { byImportance, columnsForPeople } from "./run-table-cells.ts";
import { compareByColumn } from "./run-table-compare.ts";
import { renderCsv, renderJsonLines } from "./run-table-data.ts";
import { renderHtml } from "./run-table-html.ts";
import { fixedColumns, runRows } from "./run-table-rows.ts";
import { renderText } from "./run-table-text.ts";
import type { RunColumn, RunRow, RunTable, RunTableOptions, SelectedRow } from "./run-table-types.ts";

/**
 * The runs of a search as a table. This module holds all renderers, so that `searchRuns` imports it late.
 *
 * @param runs What the server said, in its order.
 */
export function createRunTable(runs: readonly RunData[], options: RunTableOptions): RunTable {
  const { rows, columns } = runRows(runs);
  return new Table<RunRow>({ rows, columns, selection: undefined, options });
}

interface TableState {
  readonly rows: readonly RunRow[];
  /** Every column that there is. */
  readonly columns: readonly RunColumn[];
  /** What `select` asked for. */
  readonly selection: readonly RunColumn[] | undefined;
  readonly options: RunTableOptions;
}

function valueIn(row: RunRow, column: RunColumn): string | number | Date | null {
  return row[column] ?? (column.startsWith("metrics.") ? Number.NaN : null);
}

class Table<Row> implements RunTable<Row> {
  readonly truncated: boolean;
  readonly pending: number;
  readonly #state: TableState;
  #selected: Row[] | undefined;

  constructor(state: TableState) {
    this.#state = state;
    this.truncated = state.options.truncated;
    this.pending = state.options.pending;
  }

  get columns(): readonly RunColumn[] {
    return this.#state.selection ?? this.#state.columns;
  }

  get length(): number {
    return this.#state.rows.length;
  }

  get rows(): Row[] {
    const { rows, selection } = this.#state;
    this.#selected ??= (
      selection === undefined
        ? [...rows]
        : rows.map((row) => Object.fromEntries(selection.map((column) => [column, valueIn(row, column)])))
    ) as Row[];
    return this.#selected;
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.rows[Symbol.iterator]();
  }

  best(metric: string, goal: "min" | "max"): RunRow | undefined {
    if (goal !== "min" && goal !== "max") {
      throw new TypeError(`Cannot use goal as it must be "min" or "max": current value is "${String(goal)}"`);
    }
    const given = metric as RunColumn;
    const column = this.#state.columns.includes(given) ? given : (`metrics.${metric}` as const);
    const compare = compareByColumn(column, goal === "min" ? "asc" : "desc");
    let best: RunRow | undefined;
    for (const row of this.#state.rows) {
      const value = row[column];
      if (typeof value !== "number" || Number.isNaN(value)) continue;
      if (best === undefined || compare(row, best) < 0) best = row;
    }
    return best;
  }

  sort(column: RunColumn | ((a: RunRow, b: RunRow) => number), direction: "asc" | "desc" = "asc"): RunTable<Row> {
    if (typeof column !== "function") this.#known(column, "sort by");
    const compare = typeof column === "function" ? column : compareByColumn(column, direction);
    return this.#with({ rows: [...this.#state.rows].sort(compare) });
  }

  filter(keep: (row: RunRow) => boolean): RunTable<Row> {
    return this.#with({ rows: this.#state.rows.filter((row) => keep(row)) });
  }

  select<Column extends RunColumn>(...columns: Column[]): RunTable<SelectedRow<Column>> {
    const selection = columns.flatMap((column) => this.#matching(column));
    return new Table<SelectedRow<Column>>({ ...this.#state, selection: [...new Set(selection)] });
  }

  toColumns(): Record<string, (string | number | Date | null)[]> {
    const { rows } = this.#state;
    return Object.fromEntries(this.columns.map((column) => [column, rows.map((row) => valueIn(row, column))]));
  }

  toCSV(): string {
    return renderCsv(this.#state.rows, this.columns);
  }

  toJSONLines(): string {
    return renderJsonLines(this.#state.rows, this.columns);
  }

  toHTML(): string {
    return renderHtml(this.#state.rows, this.#columnsShown(), this);
  }

  toJSON(): Row[] {
    return this.rows;
  }

  toString(): string {
    return this.#print(false);
  }

  [Symbol.for("nodejs.util.inspect.custom")](_depth: unknown, options: { readonly colors?: boolean } = {}): string {
    return this.#print(options.colors === true);
  }

  [Symbol.for("Deno.customInspect")](_inspect: unknown, options: { readonly colors?: boolean } = {}): string {
    return this.#print(options.colors === true);
  }

  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/plain": this.toString(), "text/html": this.toHTML() };
  }

  #with(change: Partial<TableState>): RunTable<Row> {
    return new Table<Row>({ ...this.#state, ...change });
  }

  /** The columns that a name or a pattern such as `metrics.*` means; a key that no run has is a column of nothing. */
  #matching(column: RunColumn): readonly RunColumn[] {
    const { columns } = this.#state;
    if (columns.includes(column)) return [column];
    this.#known(column, "select");
    // No key of MLflow has an asterisk.
    return column.endsWith("*") ? columns.filter((other) => other.startsWith(column.slice(0, -1))) : [column];
  }

  /** @throws ValidationError for what cannot be a column of any run */
  #known(column: string, what: string): void {
    const { columns } = this.#state;
    if (columns.includes(column as RunColumn) || /^(metrics|params|tags)\../.test(column)) return;
    const key = String(column).replace(/^[a-z]+\./, "");
    const near = columns.filter((one) => one.endsWith(`.${key}`) || one === key);
    const cure = near.length === 0 ? "" : `; use ${near.map((one) => `"${one}"`).join(" or ")}`;
    const known = [...fixedColumns, "metrics.<key>", "params.<key>", "tags.<key>"].join(", ");
    const message = `Cannot ${what} a column as it must be one of ${known}: current value is "${column}"${cure}`;
    throw new ValidationError(message, { key: String(column) });
  }

  #columnsShown(): readonly RunColumn[] {
    return this.#state.selection ?? columnsForPeople(this.#state.columns);
  }

  #print(colors: boolean): string {
    const { rows, options, selection } = this.#state;
    const columns = this.#columnsShown();
    const ranked = selection === undefined ? byImportance(rows, columns) : undefined;
    return renderText({ rows, columns, ranked, ...options, width: options.width?.() ?? 80, colors });
  }
}
