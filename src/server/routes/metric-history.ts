import type { SqlRow } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { doubleText, type Json, RawJson } from "../json.ts";
import { refuseValue } from "../refusal.ts";
import type { RequestFields, Route } from "../route.ts";
import { pageOffset, pageToken } from "../search/page-token.ts";
import { limits } from "../tracking/limits.ts";
import { runIdOf } from "../tracking/run-rows.ts";
import { sampleRows } from "../tracking/sample-rows.ts";

const base = "/api/2.0/mlflow/metrics";

/** Histories of metrics: of one run in pages, of many runs whole or sampled. */
export const metricHistoryRoutes: readonly Route[] = [
  { method: "GET", path: `${base}/get-history`, handle: getHistory },
  { method: "GET", path: "/ajax-api/2.0/mlflow/metrics/get-history-bulk", lists: ["run_id"], handle: getBulk },
  { method: "GET", path: `${base}/get-history-bulk-interval`, lists: ["run_ids"], handle: getInterval },
];

/** int64 is read as text, exact on every SQLite. The unary plus keeps SQLite from walking the primary key, which holds the points of all runs with that key. */
const historySql: string =
  "SELECT value, CAST(timestamp AS TEXT) AS time, CAST(step AS TEXT) AS place, is_nan FROM metrics " +
  "WHERE run_uuid = ? AND key = ? ORDER BY +timestamp, +step, value, is_nan LIMIT ? OFFSET ?";

function getHistory(context: ServerContext, request: RequestFields): Json {
  const { db, compat } = context;
  const fields = new Fields(request);
  const run = runIdOf(fields);
  const key = fields.requiredText("metric_key");
  // A word that is no number is ignored: MLflow answers everything then.
  const asked = wholeNumber(fields.raw("max_results"));
  if (asked !== undefined && asked <= 0) {
    refuseValue(`Invalid value ${asked} for parameter 'max_results' supplied. It must be a positive integer.`);
  }
  if (compat.historyTokenStuck && asked === undefined) return { next_page_token: pageToken(0) };
  const limit = compat.historyUnpaged ? undefined : asked;
  const offset = compat.historyUnpaged ? 0 : pageOffset(fields.text("page_token"));
  const rows = db.prepare(historySql).all(run, key, limit === undefined ? -1 : limit + 1, offset);
  const more = limit !== undefined && rows.length > limit;
  if (more) rows.length = limit;
  const keyText = JSON.stringify(key);
  return {
    metrics: rows.length === 0 ? undefined : new RawJson(`[${rows.map((row) => metricText(row, keyText)).join(", ")}]`),
    next_page_token: more ? pageToken(offset + rows.length) : undefined,
  };
}

function getBulk(context: ServerContext, request: RequestFields): Json {
  const fields = new Fields(request);
  const runs = fields.texts("run_id");
  if (runs.length === 0) refuseValue("GetMetricHistoryBulk request must specify at least one run_id.");
  if (runs.length > limits.historyBulkRuns) tooManyRuns("GetMetricHistoryBulk", runs.length);
  const key = fields.text("metric_key");
  if (key === undefined) refuseValue("GetMetricHistoryBulk request must specify a metric_key.");
  let left = Math.min(fields.int32("max_results") ?? limits.historyBulkPoints, limits.historyBulkPoints);
  const keyText = JSON.stringify(key);
  const texts: string[] = [];
  for (const run of [...new Set(runs)].sort()) {
    if (left <= 0) break;
    const rows = context.db.prepare(historySql).all(run, key, left, 0);
    left -= rows.length;
    for (const row of rows) texts.push(withRun(row, keyText, run));
  }
  return { metrics: new RawJson(`[${texts.join(", ")}]`) };
}

function getInterval(context: ServerContext, request: RequestFields): Json {
  const fields = new Fields(request);
  const runs = fields.texts("run_ids");
  if (runs.length === 0) fields.missing("run_ids");
  if (runs.length > limits.historyBulkRuns) tooManyRuns("GetMetricHistoryBulkInterval", runs.length);
  const key = fields.requiredText("metric_key");
  const most = fields.int32("max_results") ?? limits.historyIntervalPoints;
  if (most < 1 || most > limits.historyIntervalPoints) {
    refuseValue(`max_results must be between 1 and ${limits.historyIntervalPoints}.`);
  }
  const start = fields.int64("start_step");
  const end = fields.int64("end_step");
  if ((start === undefined) !== (end === undefined)) {
    refuseValue("If either start step or end step are specified, both must be specified.");
  }
  if (start !== undefined && end !== undefined && start > end) {
    refuseValue(`end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`);
  }
  const range = start === undefined || end === undefined ? undefined : ([start, end] as const);
  const keyText = JSON.stringify(key);
  const texts = runs.flatMap((run) =>
    sampleRows(context, run, key, most, range).map((row) => withRun(row, keyText, run)),
  );
  return { metrics: texts.length === 0 ? undefined : new RawJson(`[${texts.join(", ")}]`) };
}

function wholeNumber(value: unknown): number | undefined {
  return /^\s*[+-]?\d{1,15}\s*$/.test(String(value)) ? Number(value) : undefined;
}

function tooManyRuns(request: string, got: number): never {
  refuseValue(
    `${request} request cannot specify more than ${limits.historyBulkRuns} run_ids. Received ${got} run_ids.`,
  );
}

/** One point as JSON text: a history has up to millions of them. */
function metricText(row: SqlRow, keyText: string): string {
  const value = row["is_nan"] === 1 ? '"NaN"' : doubleText(Number(row["value"]));
  return `{"key": ${keyText}, "value": ${value}, "timestamp": ${row["time"]}, "step": ${row["place"]}}`;
}

function withRun(row: SqlRow, keyText: string, run: string): string {
  return `${metricText(row, keyText).slice(0, -1)}, "run_id": ${JSON.stringify(run)}}`;
}
