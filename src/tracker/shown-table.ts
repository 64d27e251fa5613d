import { valueIn } from "./run-table-cells.ts";
import { renderCsv, renderJsonLines } from "./run-table-data.ts";
import { renderHtml } from "./run-table-html.ts";
import { renderText } from "./run-table-text.ts";
import type { Cell, CsvOptions, ShownTable } from "./table-types.ts";

/** A row as the renderers see it. */
export type CellRow = Readonly<Record<string, Cell | undefined>>;

/** What a table says about itself beside its rows. */
export interface TableFacts {
  /** The server holds more. */
  readonly truncated: boolean;
  /** Writes that had not reached the server when it was asked. */
  readonly pending: number;
  /** Columns of the terminal, asked when the table is printed. @default 80 */
  readonly width?: () => number;
  /** What one row is called, and several. @default ["run", "runs"] */
  readonly words?: readonly [one: string, several: string];
}

/** What is shown of a table. */
export interface ShownParts {
  readonly cells: readonly CellRow[];
  /** What data has. */
  readonly columns: readonly string[];
  /** What people see. @default all */
  readonly forPeople?: readonly string[];
  /** Which of these to keep on a terminal where there is no room for all. @default from the left */
  readonly ranked?: (() => readonly string[]) | undefined;
  readonly facts: TableFacts;
}

/** Rows that a notebook shows: thousands would stop the page. */
const mostInNotebook = 200;

/** Writes and shows a table; what it consists of is up to those who extend it. */
export abstract class TableHandle<Row> implements ShownTable<Row> {
  abstract readonly rows: Row[];
  protected abstract parts(): ShownParts;

  constructor() {
    const print = (_: unknown, options?: { readonly colors?: boolean }): string =>
      this.#print(options?.colors === true);
    const display = (): Record<string, string> => ({
      "text/plain": this.#print(false),
      "text/html": this.#html(mostInNotebook),
    });
    for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
      Object.defineProperty(this, Symbol.for(name), { value: print });
    }
    Object.defineProperty(this, Symbol.for("Jupyter.display"), { value: display });
  }

  get columns(): readonly string[] {
    return this.parts().columns;
  }

  get length(): number {
    return this.parts().cells.length;
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.rows[Symbol.iterator]();
  }

  toColumns(): Record<string, Cell[]> {
    const { cells, columns } = this.parts();
    return Object.fromEntries(columns.map((column) => [column, cells.map((row) => valueIn(row, column))]));
  }

  toCSV(options?: CsvOptions): string {
    const { cells, columns } = this.parts();
    return renderCsv(cells, columns, options);
  }

  toJSONLines(): string {
    const { cells, columns } = this.parts();
    return renderJsonLines(cells, columns);
  }

  toHTML(): string {
    return this.#html();
  }

  toJSON(): Row[] {
    return this.rows;
  }

  toString(): string {
    return this.#print(false);
  }

  #html(most?: number): string {
    const { cells, columns, forPeople = columns, facts } = this.parts();
    return renderHtml(cells, forPeople, facts, most);
  }

  #print(colors: boolean): string {
    const { cells: rows, columns, forPeople = columns, ranked, facts } = this.parts();
    const width = facts.width?.() ?? 80;
    return renderText({ ...facts, rows, columns: forPeople, ranked: ranked?.(), width, colors });
  }
}
