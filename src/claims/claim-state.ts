import type { RunData } from "../client/types/entities.ts";
import type { ClaimKeys } from "./claim-keys.ts";
import { type ClaimValue, readClaim } from "./claim-value.ts";

/** How a claim stands on the server. */
export type ClaimState =
  | { readonly state: "free"; readonly next: number }
  | { readonly state: "claimed"; readonly generation: number; readonly by: ClaimValue; readonly beat: string }
  | { readonly state: "committed"; readonly generation: number; readonly runId: string };

/** Reads it from the params and tags of the run that the claim lives on. */
export function claimState({ data }: RunData, keys: ClaimKeys): ClaimState {
  const { params, tags } = data;
  const committed = Number(params[keys.commit]);
  const runId = params[keys.attempt(committed)];
  // The attempt is written before the commit: one without the other is of somebody else's making.
  if (Number.isSafeInteger(committed) && runId !== undefined)
    return { state: "committed", generation: committed, runId };
  let last = 0;
  while (params[keys.claim(last + 1)] !== undefined) last++;
  if (last === 0 || params[keys.release(last)] !== undefined) return { state: "free", next: last + 1 };
  const by = readClaim(params[keys.claim(last)] ?? "");
  return { state: "claimed", generation: last, by, beat: tags[keys.beat(last)] ?? "" };
}
