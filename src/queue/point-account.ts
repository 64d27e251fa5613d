import type { PointFigures } from "./account-lines.ts";
import type { MetricColumns } from "./columns.ts";
import { PointSum } from "./point-sum.ts";
import type { RunAccount } from "./run-account.ts";

/** How far the points went that lie in earlier chunks. */
interface Reach {
  /** Sequence of the chunk whose points are counted now. */
  sequence: number;
  /** Greatest step and timestamp, and the hash of the last point, of chunks before that one. */
  readonly before: { step: number; timestamp: number; last: number };
  /** The same with that one. */
  readonly now: { step: number; timestamp: number; last: number };
}

/** Tells which points of a metric key are different ones. Made when the first of them is put: no work of a log call. */
export class PointAccount {
  /** Points that were looked at. */
  counted = 0;
  /** Of these, such as were there before. */
  repeats = 0;
  /** False once a point could be one of an earlier chunk: those are not kept, so nobody knows. */
  exact = true;
  readonly #sum = new PointSum();
  /** NaN lies in chunks of its own. */
  readonly #reaches = [newReach(), newReach()] as const;
  readonly #least = { step: Number.POSITIVE_INFINITY, timestamp: Number.POSITIVE_INFINITY };

  /** What is known of the points so far; undefined before the first one. */
  get figures(): PointFigures | undefined {
    if (this.counted === 0) return undefined;
    const { counted, repeats, exact } = this;
    const { low, high } = this.#sum;
    const [a, b] = this.#reaches;
    const reach = (of: "step" | "timestamp"): readonly [number, number] => [
      this.#least[of],
      Math.max(a.now[of], b.now[of]),
    ];
    return { counted, repeats, exact, low, high, steps: reach("step"), timestamps: reach("timestamp") };
  }

  /** Counts a point of a chunk; `seen` holds the hashes of those that came before it in the same chunk. */
  count(sequence: number, step: number, timestamp: number, value: number, seen: Set<number>): void {
    const reach = this.#reaches[Number.isNaN(value) ? 1 : 0];
    if (reach.sequence !== sequence) {
      reach.sequence = sequence;
      Object.assign(reach.before, reach.now);
    }
    const { before, now } = reach;
    const hash = PointSum.hash(step, timestamp, value);
    this.counted++;
    if (hash === before.last || seen.has(hash)) {
      this.repeats++;
      return;
    }
    seen.add(hash);
    if (step <= before.step && timestamp <= before.timestamp) this.exact = false;
    this.#least.step = Math.min(this.#least.step, step);
    this.#least.timestamp = Math.min(this.#least.timestamp, timestamp);
    now.step = Math.max(now.step, step);
    now.timestamp = Math.max(now.timestamp, timestamp);
    now.last = hash;
    this.#sum.add(step, timestamp, value);
  }
}

/** Counts the rows `from` to `to` of a chunk, those before being counted already. */
export function countPoints(
  account: RunAccount,
  columns: MetricColumns,
  sequence: number,
  from: number,
  to: number,
): void {
  const seen = new Map<number, Set<number>>();
  const counts: PointAccount[] = [];
  const { key, step, timestamp, value } = columns;
  for (let row = 0; row < to; row++) {
    const index = key[row]!;
    let hashes = seen.get(index);
    if (!hashes) {
      hashes = new Set();
      seen.set(index, hashes);
    }
    if (row < from) {
      hashes.add(PointSum.hash(step[row]!, timestamp[row]!, value[row]!));
    } else {
      let points = counts[index];
      if (!points) {
        const line = account.line("metric", columns.keys[index]!);
        line.points ??= new PointAccount();
        points = counts[index] = line.points;
        account.touch(line);
      }
      points.count(sequence, step[row]!, timestamp[row]!, value[row]!, hashes);
    }
  }
}

function newReach(): Reach {
  const nothing = { step: Number.NEGATIVE_INFINITY, timestamp: Number.NEGATIVE_INFINITY, last: -1 };
  return { sequence: 0, before: { ...nothing }, now: { ...nothing } };
}
