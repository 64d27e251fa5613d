import type { RunData } from "../client/types/entities.ts";
import type { RunColumn, RunRow } from "./run-table-types.ts";

/** Columns that every row has. */
export const fixedColumns: readonly RunColumn[] = [
  "run_id",
  "experiment_id",
  "name",
  "status",
  "start_time",
  "end_time",
  "duration",
  "user",
  "artifact_uri",
];

/** Rows and the columns they have, from what the server said about the runs. */
export function runRows(runs: readonly RunData[]): { rows: RunRow[]; columns: RunColumn[] } {
  const metrics = sortedKeys(runs.map((run) => run.data.metrics));
  const params = sortedKeys(runs.map((run) => run.data.params));
  const tags = sortedKeys(runs.map((run) => run.data.tags));
  const rows = runs.map((run) => {
    const { info, data } = run;
    const row: Record<string, unknown> = {
      run_id: info.runId,
      experiment_id: info.experimentId,
      name: info.runName,
      status: info.status,
      start_time: new Date(info.startTime),
      end_time: info.endTime === undefined ? null : new Date(info.endTime),
      duration: info.endTime === undefined ? Number.NaN : info.endTime - info.startTime,
      user: info.userId,
      artifact_uri: info.artifactUri,
    };
    for (const key of metrics) row[`metrics.${key}`] = own(data.metrics, key) ?? Number.NaN;
    for (const key of params) row[`params.${key}`] = own(data.params, key) ?? null;
    for (const key of tags) row[`tags.${key}`] = own(data.tags, key) ?? null;
    return row as unknown as RunRow;
  });
  const columns: RunColumn[] = [
    ...fixedColumns,
    ...metrics.map((key) => `metrics.${key}` as const),
    ...params.map((key) => `params.${key}` as const),
    ...tags.map((key) => `tags.${key}` as const),
  ];
  return { rows, columns };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function sortedKeys(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))].sort();
}
