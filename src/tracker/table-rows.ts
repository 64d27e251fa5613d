import { ValidationError } from "../errors/usage-errors.ts";
import { quote } from "./key.ts";

/** MLflow's form of a table, as it stands in the file. */
export interface Table {
  readonly columns: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

export const emptyTable: Table = { columns: [], data: [] };

/** A table of what was logged. @throws ValidationError for what is neither rows nor columns */
export function tableOf(rows: unknown): Table {
  if (Array.isArray(rows)) {
    if (!rows.every((row) => typeof row === "object" && row !== null && !Array.isArray(row))) {
      throw new ValidationError("Cannot log the table as each row must be an object: use [{ column: value }]");
    }
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return { columns, data: rows.map((row) => columns.map((column) => own(row, column))) };
  }
  if (typeof rows !== "object" || rows === null || !Object.values(rows).every(Array.isArray)) {
    throw new ValidationError("Cannot log the table as it must be an array of rows or an object of columns");
  }
  const columns = Object.keys(rows);
  const series = Object.values(rows) as unknown[][];
  const length = series[0]?.length ?? 0;
  if (series.some((column) => column.length !== length)) {
    throw new ValidationError(
      `Cannot log the table as its columns must have one length: they have ${series.map((column) => column.length).join(", ")}`,
    );
  }
  return { columns, data: Array.from({ length }, (_, n) => series.map((column) => column[n] ?? null)) };
}

function own(row: object, column: string): unknown {
  return (Object.hasOwn(row, column) ? (row as Record<string, unknown>)[column] : undefined) ?? null;
}

/** The rows of both under the columns of both. */
export function joined(first: Table, second: Table): Table {
  const columns = [...new Set([...first.columns, ...second.columns])];
  const fill = (table: Table): unknown[][] => {
    const places = columns.map((column) => table.columns.indexOf(column));
    return table.data.map((row) => places.map((place) => (place < 0 ? null : (row[place] ?? null))));
  };
  return { columns, data: [...fill(first), ...fill(second)] };
}

/** The table in a file of the run. @throws ValidationError for a file that is no table, which would be lost otherwise */
export function storedTable(text: string, path: string): Table {
  let table: Partial<Table> | null;
  try {
    table = JSON.parse(text);
  } catch {
    table = null;
  }
  const { columns, data } = table ?? {};
  if (Array.isArray(columns) && Array.isArray(data) && data.every(Array.isArray)) {
    return { columns: columns.map(String), data };
  }
  throw noTable(path);
}

export function noTable(path: string): ValidationError {
  return new ValidationError(
    `Cannot add to the table ${quote(path)} as what the run has there must be MLflow's { columns, data }: log it under another path`,
    { key: path },
  );
}
