import { formatDuration, formatNumber, formatTime } from "../internal/format.ts";
import type { RunColumn, RunRow } from "./run-table-types.ts";

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
export function byImportance(rows: readonly RunRow[], columns: readonly RunColumn[]): RunColumn[] {
  const differs = (column: RunColumn): number => {
    const values = new Set(rows.map((row) => cellText(row, column)));
    values.delete("");
    return Number(values.size < 2);
  };
  const ofKind = (kind: string): RunColumn[] => columns.filter((column) => column.startsWith(kind));
  const isSeries = (column: RunColumn): number => Number(!column.startsWith("metrics.summary."));
  const metrics = ofKind("metrics.").sort((a, b) => isSeries(a) - isSeries(b) || differs(a) - differs(b));
  const params = ofKind("params.").sort((a, b) => differs(a) - differs(b));
  const turns = Math.max(metrics.length, params.length);
  const figures = Array.from({ length: turns }, (_, index) => [metrics[index], params[index]]).flat();
  const first = columns.filter((column) => column === "name" || column === "status");
  return [...new Set([...first, ...figures.filter((column) => column !== undefined), ...columns])];
}

/** A value for people; nothing where there is nothing. */
export function cellText(row: RunRow, column: RunColumn): string {
  const value = row[column];
  if (value === null || value === undefined) return "";
  if (column === "duration") return formatDuration(value as number);
  if (value instanceof Date) return formatTime(value);
  if (typeof value === "number") return Number.isNaN(value) ? "" : formatNumber(value);
  return value;
}

/** A value as data: times in ISO 8601, nothing for null and NaN, numbers in full. */
export function cellData(value: string | number | Date | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  return Number.isNaN(value) ? undefined : String(value);
}

/** True when the column reads as numbers and so is set to the right. */
export function isNumeric(rows: readonly RunRow[], column: RunColumn): boolean {
  if (column === "duration" || column.startsWith("metrics.")) return true;
  if (!column.startsWith("params.")) return false;
  const values = rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined);
  return values.length > 0 && values.every((value) => value !== "" && Number.isFinite(Number(value)));
}
