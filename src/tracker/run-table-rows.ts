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
  const metrics = columnsOf(runs, "metrics");
  const params = columnsOf(runs, "params");
  const tags = columnsOf(runs, "tags");
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
    for (const [key, column] of metrics) row[column] = own(data.metrics, key) ?? Number.NaN;
    for (const [key, column] of params) row[column] = own(data.params, key) ?? null;
    for (const [key, column] of tags) row[column] = own(data.tags, key) ?? null;
    return row as unknown as RunRow;
  });
  const columns = [...fixedColumns, ...[...metrics, ...params, ...tags].map(([, column]) => column)];
  return { rows, columns };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Keys in their order, each with its column: made once, as joining texts for each cell takes longer than all the rest. */
function columnsOf(runs: readonly RunData[], kind: "metrics" | "params" | "tags"): [key: string, column: RunColumn][] {
  const keys = new Set<string>();
  for (const { data } of runs) for (const key of Object.keys(data[kind])) keys.add(key);
  return [...keys].sort().map((key) => [key, `${kind}.${key}`]);
}
