import { formatDuration, formatNumber, formatTime } from "../internal/format.ts";
import type { RunColumn } from "./run-table-types.ts";
import type { CellRow } from "./shown-table.ts";
import type { Cell } from "./table-types.ts";

/** A column name in its parts: `metrics.val_loss` is of kind `metrics` and titled `val_loss`. */
export function columnTitle(column: string): { kind: string; title: string } {
  const parts = /^(metrics|params|tags)\.(.*)$/s.exec(column);
  if (parts?.[1] !== undefined && parts[2] !== undefined) return { kind: parts[1], title: parts[2] };
  const titles: Record<string, string> = { start_time: "started", end_time: "ended", duration: "took" };
  return { kind: "", title: titles[column] ?? column };
}

/** The columns a person wants to see where nothing was selected: no ids, no addresses, none of MLflow's own tags. */
export function columnsForPeople(columns: readonly RunColumn[]): RunColumn[] {
  const hidden = ["run_id", "experiment_id", "end_time", "user", "artifact_uri"];
  return columns.filter((column) => !hidden.includes(column) && !column.startsWith("tags.mlflow."));
}

/**
 * The same columns, those first that tell runs apart: name and status, then metrics (what `summary` logged before the
 * others) and params in turn, those with different values before those with one.
 */
export function byImportance(rows: readonly CellRow[], columns: readonly RunColumn[]): RunColumn[] {
  const differing = new Map(columns.map((column) => [column, differs(rows, column)]));
  const alike = (column: RunColumn): number => Number(!differing.get(column));
  const ofKind = (kind: string): RunColumn[] => columns.filter((column) => column.startsWith(kind));
  const isSeries = (column: RunColumn): number => Number(!column.startsWith("metrics.summary."));
  const metrics = ofKind("metrics.").sort((a, b) => isSeries(a) - isSeries(b) || alike(a) - alike(b));
  const params = ofKind("params.").sort((a, b) => alike(a) - alike(b));
  const turns = Math.max(metrics.length, params.length);
  const figures = Array.from({ length: turns }, (_, index) => [metrics[index], params[index]]).flat();
  const first = columns.filter((column) => column === "name" || column === "status");
  return [...new Set([...first, ...figures.filter((column) => column !== undefined), ...columns])];
}

/** True when two rows have different values; stops at the first that differs. */
function differs(rows: readonly CellRow[], column: string): boolean {
  let first = "";
  let before: Cell | undefined;
  for (const row of rows) {
    if (row[column] === before) continue;
    before = row[column];
    const text = cellText(row, column);
    if (text === "" || text === first) continue;
    if (first !== "") return true;
    first = text;
  }
  return false;
}

/** What stands in a cell: NaN for a metric that is not there, null for anything else. */
export function valueIn(row: CellRow, column: string): Cell {
  return row[column] ?? (column.startsWith("metrics.") ? Number.NaN : null);
}

/** A value for people; nothing where there is nothing. */
export function cellText(row: CellRow, column: string): string {
  const value = row[column];
  if (value === null || value === undefined) return "";
  if (column === "duration") return formatDuration(value as number);
  if (value instanceof Date) return formatTime(value);
  if (typeof value === "number") return Number.isNaN(value) ? "" : formatNumber(value);
  if (typeof value === "boolean") return value ? "yes" : "";
  return value;
}

/** A value as data: times in ISO 8601, nothing for null and NaN, numbers in full. */
export function cellData(value: Cell | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  return Number.isNaN(value) ? undefined : String(value);
}

/** True when the column reads as numbers and so is set to the right. */
export function isNumeric(rows: readonly CellRow[], column: string): boolean {
  let found = column === "duration" || column.startsWith("metrics.");
  for (const row of rows) {
    const value = row[column];
    if (value === null || value === undefined || typeof value === "number") found ||= typeof value === "number";
    else if (!column.startsWith("params.") || value === "" || !Number.isFinite(Number(value))) return false;
    else found = true;
  }
  return found;
}
