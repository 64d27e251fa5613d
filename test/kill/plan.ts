import { seededRandom } from "../support/seeded-random.ts";
import { Chance } from "../simulation/world/chance.ts";

/** One call of a child, or `durable`: it waits until all before is durable, and says so. */
export type Op =
  | { readonly kind: "start"; readonly run: string; readonly parent?: string }
  | {
      readonly kind: "points";
      readonly run: string;
      readonly key: string;
      readonly from: number;
      readonly count: number;
    }
  | { readonly kind: "param"; readonly run: string; readonly key: string; readonly value: string }
  /** Values of a tag ascend, so that the checker sees an old one that came late. */
  | { readonly kind: "tag"; readonly run: string; readonly key: string; readonly value: number }
  | { readonly kind: "artifact"; readonly run: string; readonly path: string; readonly size: number }
  | { readonly kind: "end"; readonly run: string }
  | { readonly kind: "durable" };

/** Tag that says on the server which run of which plan it is. */
export const RUN_TAG = "kill.run";

const FIRST_TIMESTAMP = 1_700_000_000_000;

/** A point is its key, step, timestamp and value; all but the first two follow from them. */
export function timestampAt(step: number): number {
  return FIRST_TIMESTAMP + step;
}

export function valueAt(key: string, step: number): number {
  if (key === "nan" && step % 3 === 0) return Number.NaN;
  return key.length + step / 7;
}

/** Body of an artifact. */
export function bytesOf(run: string, path: string, size: number): Uint8Array<ArrayBuffer> {
  let seed = size;
  for (const letter of run + path) seed = Math.imul(seed, 31) + letter.charCodeAt(0);
  return seededRandom(seed).bytes(size) as Uint8Array<ArrayBuffer>;
}

/** What a child with this name logs, the same for the child and for those who check: it is killed somewhere in between. */
export function plan(seed: number, name: string, runs: number): readonly Op[] {
  const chance = new Chance(seed, name);
  const ops: Op[] = [];
  for (let number = 0; number < runs; number++) {
    const run = `${name}.${number}`;
    const parent = number > 0 && chance.may(0.25) ? { parent: `${name}.${number - 1}` } : {};
    ops.push({ kind: "start", run, ...parent });
    for (let n = chance.int(1, 3); n > 0; n--) ops.push({ kind: "param", run, key: `p${n}`, value: `${run} ${n}` });
    const steps = { loss: 0, "val/acc": 0, nan: 0 };
    const batches = chance.int(2, 5);
    for (let batch = 1; batch <= batches; batch++) {
      for (const key of Object.keys(steps) as (keyof typeof steps)[]) {
        if (chance.may(0.3)) continue;
        const count = chance.may(0.7) ? chance.int(1, 40) : chance.int(200, 1_200);
        ops.push({ kind: "points", run, key, from: steps[key], count });
        steps[key] += count;
      }
      ops.push({ kind: "tag", run, key: "batch", value: batch });
      if (batch === 1 ? number === 0 || chance.may(0.5) : chance.may(0.3)) {
        const size = chance.may(0.6) ? chance.int(1, 2_000) : chance.int(50_000, 200_000);
        ops.push({ kind: "artifact", run, path: `models/${batch}.bin`, size });
      }
      if (chance.may(0.4)) ops.push({ kind: "durable" });
    }
    if (chance.may(0.6)) ops.push({ kind: "end", run });
    ops.push({ kind: "durable" });
  }
  return ops;
}
