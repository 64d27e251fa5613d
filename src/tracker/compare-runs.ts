import type { RunData } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { allOf } from "./all-of.ts";
import type { Core } from "./core.ts";
import { PlainTable } from "./data-table.ts";
import { limited } from "./limited.ts";
import { ownWrites } from "./reads.ts";
import { valueIn } from "./run-table-cells.ts";
import { runRows } from "./run-table-rows.ts";
import { serverRunId } from "./server-run-id.ts";
import type { CellRow } from "./shown-table.ts";
import type { ComparedField, DataTable } from "./table-types.ts";
import type { ReadOptions } from "./types/run.ts";

/** Fields of runs side by side: what differs first, and of that params first. */
export function compareRuns(
  core: Core,
  ids: readonly string[],
  options?: ReadOptions,
): Promise<DataTable<ComparedField>> {
  return limited(core, "compareRuns", options, "freshness", async (limits) => {
    const pending = await ownWrites(core, undefined, { ...options, ...limits });
    const { runs } = await core.client();
    const found = await allOf(await serverIds(core, ids, limits), (id) => runs.get(id, limits));
    return comparison(found, { pending, width: () => core.runtime.terminal.columns() });
  });
}

/** MLflow's ids, each once. @throws ValidationError for what is no list of ids */
export async function serverIds(core: Core, ids: readonly string[], limits: ReadOptions): Promise<string[]> {
  if (!Array.isArray(ids) || ids.length === 0) {
    throw new ValidationError(
      `Cannot read runs as their ids must be a list of one or more: current value is ${JSON.stringify(ids) ?? String(ids)}`,
    );
  }
  return [...new Set(await allOf(ids, (id) => serverRunId(core, id, limits)))];
}

function comparison(
  runs: readonly RunData[],
  facts: { readonly pending: number; readonly width: () => number },
): DataTable<ComparedField> {
  const { rows, columns } = runRows(runs);
  const cells = rows as readonly object[] as readonly CellRow[];
  const names = columnNames(runs);
  const isOwn = (field: string): boolean => /^(metrics|params|tags)\.(?!mlflow\.)|^status$/.test(field);
  const fields = columns.filter(isOwn).map((field) => {
    const values = cells.map((row) => valueIn(row, field));
    const differs = values.some((value) => !Object.is(value, values[0]));
    const named = names.map((name, index) => [name, values[index]] as const);
    return { field, differs, ...Object.fromEntries(named) } as ComparedField;
  });
  const rank = ({ field, differs }: ComparedField): number => kindRank(field) - (differs ? 10 : 0);
  fields.sort((a, b) => rank(a) - rank(b));
  const words = ["field", "fields"] as const;
  return new PlainTable(fields, ["field", "differs", ...names], { truncated: false, words, ...facts });
}

function kindRank(field: string): number {
  return ["params.", "metrics.", "status", "tags."].findIndex((start) => field.startsWith(start));
}

/** Names tell runs apart for people; where they do not, the start of the id does, and at last the whole of it. */
function columnNames(runs: readonly RunData[]): string[] {
  const taken = ["field", "differs"];
  const of = (label: (run: RunData) => string): Map<string, number> => {
    const counts = new Map(taken.map((name) => [name, 1]));
    for (const run of runs) counts.set(label(run), (counts.get(label(run)) ?? 0) + 1);
    return counts;
  };
  const name = ({ info }: RunData): string => info.runName;
  const short = ({ info }: RunData): string => `${info.runName} (${info.runId.slice(0, 8)})`;
  const [names, shorts] = [of(name), of(short)];
  return runs.map((run) => {
    if (names.get(name(run)) === 1) return name(run);
    return shorts.get(short(run)) === 1 ? short(run) : `${run.info.runName} (${run.info.runId})`;
  });
}
