import { badRequest } from "./rules.ts";
import { pointName } from "./point-name.ts";
import { noteChange, type GivenPoint, type OracleRun, type Point, storedValue } from "./state.ts";

/** Which MLflow it is. */
export type Acts = "2.22" | "3.6" | "3.17";

const KEYS_AT_ONCE = 100;

/**
 * Stores points as MLflow's SQL store does. Before 2026 a batch that holds a stored point is taken apart by the keys
 * of each 100 rows, and refused when a stored point is none of these keys, or is NaN, which equals nothing.
 */
export function writeMetrics(run: OracleRun, points: readonly GivenPoint[], acts: Acts): void {
  if (acts === "3.17") {
    for (const point of points) store(run, named(point));
    return;
  }
  const batch: Point[] = [];
  const seen = new Set<string>();
  for (const given of points) {
    const point = named(given);
    if (seen.has(point.name) && !Number.isNaN(point.value)) continue;
    seen.add(point.name);
    batch.push(point);
  }
  if (insert(run, batch)) return;
  for (let from = 0; from < batch.length; from += KEYS_AT_ONCE) {
    const keys = new Set(batch.slice(from, from + KEYS_AT_ONCE).map(({ key }) => key));
    const fresh = batch.filter((point) => Number.isNaN(point.value) || !keys.has(point.key) || !isStored(run, point));
    if (!insert(run, fresh)) throw badRequest();
  }
}

function named({ key, step, timestamp, value: given, at }: GivenPoint): Point {
  const value = storedValue(given);
  return { key, value, timestamp, step, at, name: pointName(key, step, timestamp, value) };
}

/** All of them, or none when one is there. */
function insert(run: OracleRun, points: readonly Point[]): boolean {
  if (points.some((point) => isStored(run, point))) return false;
  if (new Set(points.map(({ name }) => name)).size < points.length) return false;
  for (const point of points) store(run, point);
  return true;
}

function isStored(run: OracleRun, { key, name }: Point): boolean {
  return run.metrics.get(key)?.has(name) === true;
}

function store(run: OracleRun, point: Point): void {
  let points = run.metrics.get(point.key);
  if (!points) {
    points = new Map();
    run.metrics.set(point.key, points);
  }
  if (points.has(point.name)) return;
  points.set(point.name, point);
  if (run.changes.at(-1)?.at !== point.at) noteChange(run, point.at);
}

/** The latest point as it was when so many were there: points only come. */
const known = new WeakMap<ReadonlyMap<string, Point>, { readonly size: number; readonly latest: Point | undefined }>();

/** The latest point of a key: the largest step, then timestamp, then value, where NaN counts as 0. */
export function latestPoint(points: ReadonlyMap<string, Point>): Point | undefined {
  const { size } = points;
  const before = known.get(points);
  if (before?.size === size) return before.latest;
  let latest: Point | undefined;
  for (const point of points.values()) {
    if (!latest || compare(point, latest) > 0) latest = point;
  }
  known.set(points, { size, latest });
  return latest;
}

/** In the order of a history. */
export function historyOf(points: Iterable<Point>): Point[] {
  return [...points].sort(
    (a, b) => Number(a.timestamp) - Number(b.timestamp) || Number(a.step) - Number(b.step) || plain(a) - plain(b),
  );
}

function compare(a: Point, b: Point): number {
  return Number(a.step) - Number(b.step) || Number(a.timestamp) - Number(b.timestamp) || plain(a) - plain(b);
}

function plain({ value }: Point): number {
  return Number.isNaN(value) ? 0 : value;
}
