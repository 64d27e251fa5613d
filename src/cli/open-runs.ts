import { readOpenRuns } from "../queue/storage/sqlite-open-runs.ts";
import { mappingOf } from "../queue/storage/sqlite-runs.ts";
import type { SqlDatabase } from "../sql/database.ts";
import type { WaitingRun } from "./queue-contents.ts";

const PAGE = 200;

/** A run that nobody has ended yet: its program runs, or died. */
export type OpenRunLine = Pick<WaitingRun, "run" | "runId" | "name">;

/** All of them; those that no server has are known from what waits. */
export function openRunLines(database: SqlDatabase, waiting: readonly WaitingRun[]): OpenRunLine[] {
  const lines: OpenRunLine[] = [];
  for (let after = ""; ; ) {
    const page = readOpenRuns(database, after, PAGE);
    for (const { run } of page) {
      const mapping = mappingOf(database, run);
      const name = mapping?.name ?? waiting.find((other) => other.run === run)?.name;
      lines.push({ run, runId: mapping?.runId, name });
      after = run;
    }
    if (page.length < PAGE) return lines;
  }
}
