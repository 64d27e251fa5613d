import type { SqlRow, SqlValue } from "../../sql/database.ts";

/** What is read of each row, by one of its columns. */
export function grouped<T>(rows: readonly SqlRow[], by: string, read: (row: SqlRow) => T): Map<SqlValue, T[]> {
  const groups = new Map<SqlValue, T[]>();
  for (const row of rows) {
    const group = groups.get(row[by] ?? null);
    if (group === undefined) groups.set(row[by] ?? null, [read(row)]);
    else group.push(read(row));
  }
  return groups;
}

/** A text, or undefined where the column is empty. */
export function text(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** An integer, or undefined where the column is empty. */
export function integer(value: SqlValue | undefined): number | bigint | undefined {
  return typeof value === "number" || typeof value === "bigint" ? value : undefined;
}
