import { type Content, keysOf } from "../chunk/content.ts";
import type { Problem } from "../types.ts";
import { parkedCure } from "./parked-cure.ts";
import { sentence } from "./words-of-errors.ts";

/** Key of the problem that a deleted run has older values. */
export const OVERWRITTEN = "overwritten";

/** What a person is told of a chunk that was set aside, whoever did that. `content` is left out where it is damaged. */
export function asideProblem(run: string, content: Content | undefined, reason: string): Problem {
  const key = content && keysOf(content)[0]?.[1];
  const what = `${content?.kind ?? "damaged chunk"}${key === undefined ? "" : ` "${key}"`} of run "${run}"`;
  return {
    kind: "quarantined",
    run,
    ...(key !== undefined && { key }),
    message: `Set aside: ${what}. ${sentence(reason)} Nothing else waits for it: queue.quarantine lists, retries or discards it`,
  };
}

/** What a person is told of a run that waits for one. */
export function parkedProblem(run: string, reason: string): Problem {
  const message = `Cannot go on with run "${run}" as ${sentence(reason)} What it logs is kept: ${parkedCure}`;
  return { kind: "run-parked", run, message };
}
