import type { ServerContext } from "../context.ts";
import { refuse } from "../refusal.ts";
import type { MetricPoint } from "./metric-batch.ts";

/** Rows of a batch whose keys older MLflow looks up when it meets a point that is already stored. */
const lookedUp = 100;

/**
 * Acts as MLflow before 2026 when a mock asks for it: a batch that was sent before is refused, its new points are
 * lost, and its params stay (`mlflow-facts`: fixed upstream in 2026-02 for many keys and 2026-07 for NaN).
 */
export function refuseAsBefore(
  context: ServerContext,
  runId: string,
  points: readonly MetricPoint[],
  writeFirst: () => void,
): void {
  const { compat, db } = context;
  if (!compat.resentNanRefused && !compat.resentKeysRefused) return;
  const stored = db.prepare(
    "SELECT 1 FROM metrics WHERE key = ? AND timestamp = ? AND step = ? AND run_uuid = ? AND value = ? AND is_nan = ?",
  );
  const isStored = (point: MetricPoint): boolean =>
    stored.get(point.key, point.timestamp, point.step, runId, point.value, point.isNan) !== undefined;
  const nan = points.filter((point) => point.isNan === 1);
  const twice = new Set(nan.map((point) => `${point.key} ${point.timestamp} ${point.step}`)).size < nan.length;
  const first = new Set(points.slice(0, lookedUp).map((point) => point.key));
  const beyond = points.some((point) => !first.has(point.key));
  if (
    (compat.resentNanRefused && (twice || nan.some(isStored))) ||
    (compat.resentKeysRefused && beyond && points.some(isStored))
  ) {
    db.transaction(writeFirst);
    refuse(
      "BAD_REQUEST",
      "(sqlite3.IntegrityError) UNIQUE constraint failed: metrics.key, metrics.timestamp, metrics.step",
    );
  }
}
