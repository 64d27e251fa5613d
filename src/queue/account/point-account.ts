import type { PointFigures } from "./account-lines.ts";
import type { MetricColumns } from "../chunk/columns.ts";
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

  /** Counts a point of a chunk; `seen` holds the hashes of those before it in the chunk, if it may be one of them. */
  count(sequence: number, step: number, timestamp: number, value: number, seen: Set<number> | undefined): void {
    const reach = this.#reaches[Number.isNaN(value) ? 1 : 0];
    if (reach.sequence !== sequence) {
      reach.sequence = sequence;
      Object.assign(reach.before, reach.now);
    }
    const { before, now } = reach;
    const hash = PointSum.hash(step, timestamp, value);
    this.counted++;
    if (hash === before.last || seen?.has(hash)) {
      this.repeats++;
      return;
    }
    seen?.add(hash);
    if (step <= before.step && timestamp <= before.timestamp) this.exact = false;
    const least = this.#least;
    if (step < least.step) least.step = step;
    if (timestamp < least.timestamp) least.timestamp = timestamp;
    if (step > now.step) now.step = step;
    if (timestamp > now.timestamp) now.timestamp = timestamp;
    now.last = hash;
    this.#sum.addHashed();
  }
}

/** What was seen of a key in one chunk. */
interface Seen {
  /** Greatest step and timestamp. */
  step: number;
  timestamp: number;
  /** Hashes of all points; made when one comes that may be there already. */
  hashes: Set<number> | undefined;
  points: PointAccount | undefined;
}

/** Counts the rows `from` to `to` of a chunk, those before being counted already. */
export function countPoints(
  account: RunAccount,
  columns: MetricColumns,
  sequence: number,
  from: number,
  to: number,
): void {
  const keys: (Seen | undefined)[] = [];
  const { key, step, timestamp, value } = columns;
  for (let row = 0; row < to; row++) {
    const index = key[row]!;
    keys[index] ??= newSeen();
    const seen = keys[index];
    const [at, time] = [step[row]!, timestamp[row]!];
    // One that goes further than all before it is none of them: a loop that counts its steps needs no set of hashes.
    const goesOn = at > seen.step || time > seen.timestamp;
    if (at > seen.step) seen.step = at;
    if (time > seen.timestamp) seen.timestamp = time;
    if (row < from) continue;
    if (!goesOn) seen.hashes ??= hashesBefore(columns, row);
    seen.points ??= pointsOf(account, columns.keys[index]!);
    seen.points.count(sequence, at, time, value[row]!, seen.hashes);
  }
}

/** Hashes of the points of the same key before a row. */
function hashesBefore({ key, step, timestamp, value }: MetricColumns, row: number): Set<number> {
  const hashes = new Set<number>();
  for (let n = 0; n < row; n++) if (key[n] === key[row]) hashes.add(PointSum.hash(step[n]!, timestamp[n]!, value[n]!));
  return hashes;
}

function pointsOf(account: RunAccount, key: string): PointAccount {
  const line = account.line("metric", key);
  account.touch(line);
  line.points ??= new PointAccount();
  return line.points;
}

function newSeen(): Seen {
  return {
    step: Number.NEGATIVE_INFINITY,
    timestamp: Number.NEGATIVE_INFINITY,
    hashes: undefined,
    points: undefined,
  };
}

function newReach(): Reach {
  const nothing = { step: Number.NEGATIVE_INFINITY, timestamp: Number.NEGATIVE_INFINITY, last: -1 };
  return { sequence: 0, before: { ...nothing }, now: { ...nothing } };
}
