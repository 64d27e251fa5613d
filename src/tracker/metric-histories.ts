import { ValidationError } from "../errors/usage-errors.ts";
import { allOf } from "./all-of.ts";
import { serverIds } from "./compare-runs.ts";
import type { Core } from "./core.ts";
import { PlainTable } from "./data-table.ts";
import { limited } from "./limited.ts";
import { ownWrites } from "./reads.ts";
import type { DataTable, HistoryRow } from "./table-types.ts";
import type { ReadOptions } from "./types/run.ts";

const columns = ["run_id", "name", "key", "step", "timestamp", "value"];

/** Histories of metrics of runs as one long table: run by run, metric by metric, in the order of their points. */
export function getMetricHistories(
  core: Core,
  ids: string | readonly string[],
  keys: string | readonly string[] | undefined,
  options?: ReadOptions,
): Promise<DataTable<HistoryRow>> {
  return limited(core, "getMetricHistories", options, "freshness", async (limits) => {
    const wanted = keys === undefined ? undefined : [keys].flat();
    if (wanted?.some((key) => typeof key !== "string")) {
      throw new ValidationError(
        `Cannot read metric histories as keys must be texts: current value is ${JSON.stringify(keys)}`,
      );
    }
    const pending = await ownWrites(core, undefined, { ...options, ...limits });
    const { runs, metrics } = await core.client();
    const found = await allOf(await serverIds(core, [ids].flat(), limits), (id) => runs.get(id, limits));
    const series = found.flatMap((run) => {
      const own = Object.keys(run.data.metrics).sort();
      return (wanted?.filter((key) => own.includes(key)) ?? own).map((key) => ({ run, key }));
    });
    const histories = await allOf(series, async ({ run, key }) => {
      const { runId, runName } = run.info;
      const points = await metrics.history({ runId, key }, limits).all();
      return points.map(({ step, timestamp, value }) => ({
        run_id: runId,
        name: runName,
        key,
        step,
        timestamp: new Date(timestamp),
        value,
      }));
    });
    const words = ["value", "values"] as const;
    const facts = { truncated: false, pending, words, width: () => core.runtime.terminal.columns() };
    return new PlainTable<HistoryRow>(histories.flat(), columns, facts, columns.slice(1));
  });
}
