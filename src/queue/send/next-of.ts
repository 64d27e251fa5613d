import { isCreation } from "../chunk/is-creation.ts";
import type { ChunkKind } from "../chunk/request.ts";
import { isDiscarded, type Item, type RunState } from "./run-state.ts";

/** Failures after which other chunks of the run may pass a stuck one. */
const STUCK = 3;
const MAX_LINGER = 15;

/** What holds for all runs. */
export interface Rules {
  readonly now: number;
  /** Milliseconds between two puts of a writer. */
  readonly interval: number;
  /** Chunks up to this place in the order go without waiting for more points. */
  readonly urgent: number;
  /** Chunks that must not be sent now. */
  readonly reserved: ReadonlySet<number>;
  /** True while a run is not created and may still be. */
  readonly coming: (run: string) => boolean;
}

/** The chunk of a run that may go now; or the monotonic time before which none may, infinite where that is no question of time. */
export function nextOf(run: RunState, rules: Rules): Item | number {
  const { now, interval, reserved, coming } = rules;
  const [first] = run.items;
  if (first && isDiscarded(run, first.header)) return first.until > now ? first.until : Number.POSITIVE_INFINITY;
  let wakeAt = Number.POSITIVE_INFINITY;
  let before: Item | undefined;
  for (const item of run.items) {
    if (before && !mayPass(before, item)) break;
    // What the server has, and gets once more, stands before nothing.
    if (item.again === undefined) before = item;
    if (reserved.has(item.header.order) || (item.parent !== undefined && coming(item.parent))) continue;
    const linger = lingers(run, item, rules) ? item.seen + Math.min(run.linger, MAX_LINGER * interval) : 0;
    const ready = Math.max(item.until, item.again ?? 0, linger);
    if (ready <= now) return item;
    wakeAt = Math.min(wakeAt, ready);
  }
  return wakeAt;
}

/**
 * Past a stuck chunk only what is neither ordered nor final: points, what the server joins as a set, and uploads (a later
 * version of the same file takes the place of the stuck one).
 */
function mayPass(before: Item, { header }: Item): boolean {
  const stuck = before.failures >= STUCK || before.refusals > 0;
  return stuck && !isCreation(before.header.kind) && !isOrdered(header.kind);
}

/** An unsealed tail may wait for more points, unless somebody waits for it or the run is at its end. */
function lingers(run: RunState, { header }: Item, { urgent }: Rules): boolean {
  return !header.sealed && header.order > urgent && !run.items.some((item) => item.header.kind === "update");
}

function isOrdered(kind: ChunkKind): boolean {
  return isCreation(kind) || kind === "tags" || kind === "untag" || kind === "update" || kind === "finalize";
}
