import { cellData, valueIn } from "./run-table-cells.ts";
import type { CellRow } from "./shown-table.ts";
import type { Cell, CsvOptions } from "./table-types.ts";

function csvField(text: string | undefined): string {
  if (text === undefined) return "";
  // An empty text in quotes is told from nothing at all.
  return text === "" || /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet runs what begins so, also behind white space; a number is harmless and stays one. */
function disarmed(text: string | undefined): string | undefined {
  if (text === undefined || !/^[\s\ufeff]*[=+\-@\t\r|%＝＋－＠]/.test(text)) return text;
  return text.trim() !== "" && Number.isFinite(Number(text)) ? text : `'${text}`;
}

/** RFC 4180, with `\n` unless it is for a spreadsheet. */
export function renderCsv(
  rows: readonly CellRow[],
  columns: readonly string[],
  { spreadsheet = false }: CsvOptions = {},
): string {
  const end = spreadsheet ? "\r\n" : "\n";
  const field = (text: string | undefined): string => csvField(spreadsheet ? disarmed(text) : text);
  const lines = rows.map((row) => columns.map((column) => field(cellData(row[column]))).join(","));
  return `${spreadsheet ? "\ufeff" : ""}${[columns.map(field).join(","), ...lines].join(end)}${end}`;
}

/** One JSON object per line. JSON has no infinities, so these are texts. */
export function renderJsonLines(rows: readonly CellRow[], columns: readonly string[]): string {
  const plain = (value: Cell): unknown =>
    value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? String(value) : value;
  return rows
    .map(
      (row) =>
        `${JSON.stringify(Object.fromEntries(columns.map((column) => [column, plain(valueIn(row, column))])))}\n`,
    )
    .join("");
}
