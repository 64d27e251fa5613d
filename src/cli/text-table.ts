import { displayWidth, pad, printable, truncate } from "../internal/terminal-text.ts";

/** Widest cell of text. */
const WIDEST = 48;

/** Rows of equal length as aligned lines, the first one with the titles; `numbers` are the columns set to the right. */
export function textTable(rows: readonly (readonly string[])[], numbers: readonly number[]): string[] {
  const cells = rows.map((row) => row.map((text) => truncate(printable(text), WIDEST)));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => displayWidth(row[column] ?? ""))));
  return cells.map((row) =>
    row
      .map((text, column) => pad(text, widths[column] ?? 0, numbers.includes(column) ? "right" : "left"))
      .join("  ")
      .trimEnd(),
  );
}
