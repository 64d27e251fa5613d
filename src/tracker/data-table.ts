import { keptRows } from "./kept-rows.ts";
import { compareByColumn } from "./run-table-compare.ts";
import { type CellRow, type ShownParts, type TableFacts, TableHandle } from "./shown-table.ts";
import type { DataTable } from "./table-types.ts";
import { unknownColumn } from "./unknown-column.ts";

/** A table of plain rows whose columns are its own. */
export class PlainTable<Row extends object> extends TableHandle<Row> implements DataTable<Row> {
  readonly rows: Row[];
  readonly #parts: Omit<ShownParts, "cells">;

  constructor(rows: Row[], columns: readonly string[], facts: TableFacts, forPeople: readonly string[] = columns) {
    super();
    this.rows = rows;
    this.#parts = { columns, facts, forPeople };
  }

  sort(column: string | ((a: Row, b: Row) => number), direction: "asc" | "desc" = "asc"): DataTable<Row> {
    if (typeof column === "function") return this.#with([...this.rows].sort(column));
    if (!this.columns.includes(column)) throw unknownColumn("sort by", column, this.columns);
    const compare = compareByColumn(column, direction);
    return this.#with([...this.rows].sort((a, b) => compare(a as CellRow, b as CellRow)));
  }

  filter(keep: (row: Row) => boolean): DataTable<Row> {
    return this.#with(keptRows(this.rows, keep, `(row) => row["${this.columns[0]}"] !== null`));
  }

  protected parts(): ShownParts {
    return { ...this.#parts, cells: this.rows as readonly object[] as readonly CellRow[] };
  }

  #with(rows: Row[]): DataTable<Row> {
    const { columns, facts, forPeople } = this.#parts;
    return new PlainTable(rows, columns, facts, forPeople);
  }
}
