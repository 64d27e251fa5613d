import { ValidationError } from "../errors/usage-errors.ts";

/** Columns of a kind that a message names. */
const mostNamed = 20;

/** The first of many columns, and how many more there are. */
export function someOf(columns: readonly string[]): string[] {
  const more = columns.length > mostNamed ? [`${columns.length - mostNamed} more`] : [];
  return [...columns.slice(0, mostNamed), ...more];
}

/** Says which columns there are, and which is near to what was asked for. */
export function unknownColumn(
  what: string,
  column: unknown,
  columns: readonly string[],
  known: readonly string[] = columns,
): ValidationError {
  const key = String(column).replace(/^[a-z]+\./i, "");
  const near = columns.filter((one) => one.endsWith(`.${key}`) || one === key);
  const cure = near.length === 0 ? "" : `; use ${near.map((one) => `"${one}"`).join(" or ")}`;
  const message = `Cannot ${what} a column as it must be one of ${known.join(", ")}: current value is "${String(column)}"${cure}`;
  return new ValidationError(message, { key: String(column) });
}
