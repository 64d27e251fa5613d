import { cellData } from "./run-table-cells.ts";
import type { RunColumn, RunRow } from "./run-table-types.ts";

function csvField(text: string | undefined): string {
  if (text === undefined) return "";
  // An empty text in quotes is told from nothing at all.
  return text === "" || /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** RFC 4180 with `\n`. */
export function renderCsv(rows: readonly RunRow[], columns: readonly RunColumn[]): string {
  const lines = rows.map((row) => columns.map((column) => csvField(cellData(row[column]))).join(","));
  return `${[columns.map(csvField).join(","), ...lines].join("\n")}\n`;
}

/** One JSON object per line. JSON has no infinities, so these are texts. */
export function renderJsonLines(rows: readonly RunRow[], columns: readonly RunColumn[]): string {
  const plain = (value: RunRow[RunColumn] | undefined): unknown =>
    value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? String(value) : value;
  return rows
    .map((row) => `${JSON.stringify(Object.fromEntries(columns.map((column) => [column, plain(row[column])])))}\n`)
    .join("");
}
