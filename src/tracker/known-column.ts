import { fixedColumns } from "./run-table-rows.ts";
import type { RunColumn } from "./run-table-types.ts";
import { someOf, unknownColumn } from "./unknown-column.ts";

/**
 * Refuses a column that the runs have not, such as a typo.
 *
 * @param rows How many there are: without rows there are no keys either, and any of them is taken.
 * @throws ValidationError with the columns that there are
 */
export function checkColumn(column: string, what: string, columns: readonly RunColumn[], rows: number): void {
  if (columns.includes(column as RunColumn)) return;
  const kind = /^(metrics|params|tags)\./.exec(column)?.[0];
  if (kind === undefined) {
    const known = [...fixedColumns, "metrics.<key>", "params.<key>", "tags.<key>"];
    throw unknownColumn(what, column, columns, known);
  }
  if (rows === 0) return;
  const ofKind = columns.filter((other) => other.startsWith(kind));
  throw unknownColumn(what, column, columns, someOf(ofKind.length > 0 ? ofKind : columns));
}
