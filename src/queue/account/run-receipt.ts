import { loggedLines } from "./account-drafts.ts";
import { type AccountLine, decodeLines, type PointFigures } from "./account-lines.ts";
import { PointSum } from "./point-sum.ts";
import type { RunAccount } from "./run-account.ts";
import type { AccountRecord } from "./account-record.ts";
import type { Receipt, ReceiptLine } from "../types.ts";

/** A line that is being summed up. */
interface Sum {
  readonly kind: ReceiptLine["kind"];
  readonly key: string;
  logged: number;
  acknowledged: number;
  dropped: number;
  quarantined: number;
  refused: number;
  readonly points: PointFigures[];
}

/**
 * The receipt of a run: what this process counted in memory, what other writers, or this one long ago, counted in the
 * storage, and what the storage knows of the fate of all of it.
 */
export function receiptOf(
  run: string,
  runId: string | undefined,
  account: RunAccount | undefined,
  records: readonly AccountRecord[],
  writer: string,
): Receipt {
  const sums = new Map<string, Sum>();
  const sumOf = (kind: ReceiptLine["kind"], key: string): Sum => {
    const name = `${kind} ${key}`;
    let sum = sums.get(name);
    if (!sum) {
      sum = { kind, key, logged: 0, acknowledged: 0, dropped: 0, quarantined: 0, refused: 0, points: [] };
      sums.set(name, sum);
    }
    return sum;
  };
  const take = ({ kind, key, logged, dropped, refused, points }: AccountLine): void => {
    const sum = sumOf(kind, key);
    sum.logged += logged;
    sum.dropped += dropped;
    sum.refused += refused;
    if (points) sum.points.push(points);
  };
  // First, so that lines come in the order of logging.
  for (const line of account ? loggedLines(account) : []) take(line);
  for (const record of records) {
    // What is in memory is newer than what was stored of it.
    const own = record.writer === writer && account?.buckets.has(record.bucket);
    if (!own) for (const line of record.lines ? decodeLines(record.lines) : []) take(line);
    for (const [kind, key, acknowledged, dropped, quarantined] of record.fates) {
      const sum = sumOf(kind, key);
      sum.acknowledged += acknowledged;
      sum.dropped += dropped;
      sum.quarantined += quarantined;
    }
  }
  // A call that was taken back leaves nothing.
  const some = ({ logged, acknowledged, dropped, quarantined, refused }: Sum): boolean =>
    logged + acknowledged + dropped + quarantined + refused > 0;
  const lines = [...sums.values()].filter(some);
  return { run, runId, lines: lines.map(lineOf) };
}

function lineOf({ kind, key, logged, acknowledged, dropped, quarantined, refused, points }: Sum): ReceiptLine {
  // What was refused at the call is not among what the server could have.
  const sum = { kind, key, logged: logged + refused, acknowledged, dropped, quarantined: quarantined + refused };
  const line = refused > 0 ? { ...sum, atCall: refused } : sum;
  // A point is one of many; anything else is one thing with a last state.
  if (kind !== "metric") return { ...line, distinct: Math.min(1, logged) };
  const total = (of: "counted" | "repeats"): number => points.reduce((sum, figures) => sum + figures[of], 0);
  const known = total("counted") === logged && points.every(({ exact }) => exact) && areApart(points);
  return { ...line, distinct: logged - total("repeats"), ...(known && points.length > 0 && { hash: hashOf(points) }) };
}

/** True when no point of one writer can be one of another. */
function areApart(points: readonly PointFigures[]): boolean {
  return (["timestamps", "steps"] as const).some((of) => {
    const ranges = points.map((figures) => figures[of]).sort(([a], [b]) => a - b);
    return ranges.every(([least], n) => n === 0 || ranges[n - 1]![1] < least);
  });
}

function hashOf(points: readonly PointFigures[]): string {
  const sum = (of: "low" | "high"): number => points.reduce((sum, figures) => (sum + figures[of]) | 0, 0);
  return PointSum.text(sum("low"), sum("high"));
}
