import type { RunData } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { keptRows } from "./kept-rows.ts";
import { checkColumn } from "./known-column.ts";
import { byImportance, columnsForPeople, valueIn } from "./run-table-cells.ts";
import { metricColumn } from "./metric-column.ts";
import { compareByColumn } from "./run-table-compare.ts";
import { runRows } from "./run-table-rows.ts";
import type { RunColumn, RunRow, RunTable, RunTableOptions, SelectedRow } from "./run-table-types.ts";
import { type CellRow, type ShownParts, TableHandle } from "./shown-table.ts";
import type { Cell } from "./table-types.ts";

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

class Table<Row> extends TableHandle<Row> implements RunTable<Row> {
  readonly truncated: boolean;
  readonly pending: number;
  readonly #state: TableState;
  #selected: Row[] | undefined;

  constructor(state: TableState) {
    super();
    this.#state = state;
    this.truncated = state.options.truncated;
    this.pending = state.options.pending;
  }

  override get columns(): readonly RunColumn[] {
    return this.#state.selection ?? this.#state.columns;
  }

  get rows(): Row[] {
    const { rows, selection } = this.#state;
    this.#selected ??= (
      selection === undefined
        ? [...rows]
        : this.#cells().map((row) => Object.fromEntries(selection.map((column) => [column, valueIn(row, column)])))
    ) as Row[];
    return this.#selected;
  }

  best(metric: string, goal: "min" | "max"): RunRow | undefined {
    return bestOf(this.#state.rows, this.#metric(metric, goal), goal);
  }

  bestBy(by: RunColumn | ((row: RunRow) => Cell), metric: string, goal: "min" | "max"): RunTable<Row> {
    const column = this.#metric(metric, goal);
    const best = [...this.#groups(by).values()].map((rows) => bestOf(rows, column, goal));
    return this.#with({ rows: best.filter((row) => row !== undefined) });
  }

  group(by: RunColumn | ((row: RunRow) => Cell)): Map<Cell, RunTable<Row>> {
    return new Map([...this.#groups(by)].map(([key, rows]) => [key, this.#with({ rows })]));
  }

  sort(column: RunColumn | ((a: RunRow, b: RunRow) => number), direction: "asc" | "desc" = "asc"): RunTable<Row> {
    if (typeof column !== "function") this.#known(column, "sort by");
    const compare =
      typeof column === "function" ? column : (compareByColumn(column, direction) as (a: object, b: object) => number);
    return this.#with({ rows: [...this.#state.rows].sort(compare) });
  }

  filter(keep: (row: RunRow) => boolean): RunTable<Row> {
    const cure = "; a filter that is a text goes to searchRuns({ filter })";
    return this.#with({ rows: keptRows(this.#state.rows, keep, '(row) => row["metrics.loss"] < 1', cure) });
  }

  select<Column extends RunColumn>(...columns: Column[]): RunTable<SelectedRow<Column>> {
    if (columns.length === 0) {
      throw new ValidationError(
        'Cannot select columns as the call must name one or more, such as select("name", "metrics.*"): current value is none',
      );
    }
    const selection = columns.flatMap((column) => this.#matching(column));
    return new Table<SelectedRow<Column>>({ ...this.#state, selection: [...new Set(selection)] });
  }

  protected parts(): ShownParts {
    const { columns, selection, options } = this.#state;
    const cells = this.#cells();
    if (selection !== undefined) return { cells, columns: selection, facts: options };
    const forPeople = columnsForPeople(columns);
    return { cells, columns, forPeople, ranked: () => byImportance(cells, forPeople), facts: options };
  }

  #cells(): readonly CellRow[] {
    return this.#state.rows as readonly object[] as readonly CellRow[];
  }

  #with(change: Partial<TableState>): RunTable<Row> {
    return new Table<Row>({ ...this.#state, ...change });
  }

  /** The column of a metric that is named with or without `metrics.`. */
  #metric(metric: string, goal: unknown): RunColumn {
    if (goal !== "min" && goal !== "max") {
      throw new TypeError(`Cannot use goal as it must be "min" or "max": current value is "${String(goal)}"`);
    }
    return metricColumn(metric, this.#state.columns, this.#state.rows.length);
  }

  /** Rows by a value, in the order in which the values come; times that are equal are one value. */
  #groups(by: RunColumn | ((row: RunRow) => Cell)): Map<Cell, RunRow[]> {
    if (typeof by !== "function") this.#known(by, "group by");
    const groups = new Map<Cell, { key: Cell; rows: RunRow[] }>();
    for (const row of this.#state.rows) {
      const key = typeof by === "function" ? by(row) : valueIn(row as object as CellRow, by);
      const plain = key instanceof Date ? key.getTime() : key;
      const group = groups.get(plain);
      if (group === undefined) groups.set(plain, { key, rows: [row] });
      else group.rows.push(row);
    }
    return new Map([...groups.values()].map(({ key, rows }) => [key, rows]));
  }

  /** The columns that a name or a pattern such as `metrics.*` means; a pattern may mean none. */
  #matching(column: RunColumn): readonly RunColumn[] {
    const { columns } = this.#state;
    // No key of MLflow has an asterisk.
    if (/^(metrics|params|tags)\..*\*$/s.test(column)) {
      return columns.filter((other) => other.startsWith(column.slice(0, -1)));
    }
    this.#known(column, "select");
    return [column];
  }

  #known(column: string, what: string): void {
    checkColumn(column, what, this.#state.columns, this.#state.rows.length);
  }
}

/** The first row with the lowest or highest value; NaN never wins. */
function bestOf(rows: readonly RunRow[], column: RunColumn, goal: "min" | "max"): RunRow | undefined {
  let best: RunRow | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const value = row[column];
    if (typeof value !== "number" || Number.isNaN(value)) continue;
    const size = goal === "min" ? value : -value;
    if (best !== undefined && size >= least) continue;
    best = row;
    least = size;
  }
  return best;
}
