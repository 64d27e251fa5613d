import type { CallOptions } from "../client/types/connection.ts";
import { type ClaimPlace, writeOnce } from "./claim-place.ts";
import { type ClaimState, claimState } from "./claim-state.ts";
import { writeClaim } from "./claim-value.ts";
import { sightingsOf } from "./sightings.ts";
import type { BusyClaim, CommittedClaim } from "./types.ts";

/** A generation that was won. */
export interface Won {
  readonly state: "won";
  readonly generation: number;
  readonly nonce: string;
}

/** How to win. */
export interface Acquiring {
  /** Milliseconds for which a holder's beat must stand still. */
  readonly patience: number;
  readonly persist: (generation: number, nonce: string) => void | Promise<void>;
  /** Of an earlier life. */
  readonly earlier?: { readonly generation: number; readonly nonce: string };
}

/** Looks once, and claims the next generation where that is allowed. */
export async function acquire(
  place: ClaimPlace,
  { patience, persist, earlier }: Acquiring,
  options: CallOptions,
): Promise<Won | BusyClaim | CommittedClaim> {
  const { client, runId, keys, clock, random } = place;
  const asked = clock.monotonic();
  const state = claimState(await client.runs.get(runId, options), keys);
  if (state.state === "committed") return state;
  if (state.state === "claimed" && isOurs(state, earlier)) return { state: "won", ...earlier };
  const next = state.state === "free" ? state.next : follow(place, state, patience, asked);
  if (next === undefined) return busy(state);
  const nonce = hex(random.bytes(16));
  await persist(next, nonce);
  if (await writeOnce(place, keys.claim(next), writeClaim({ nonce, patience }), options)) {
    sightingsOf(place.tracker).forget(name(place));
    return { state: "won", generation: next, nonce };
  }
  return { state: "busy", generation: next };
}

function isOurs(
  { by, generation }: Extract<ClaimState, { state: "claimed" }>,
  earlier: Acquiring["earlier"],
): earlier is { generation: number; nonce: string } {
  return earlier !== undefined && earlier.generation === generation && earlier.nonce === by.nonce;
}

/** The generation after a holder that has shown no life for its whole patience, and ours. */
function follow(
  place: ClaimPlace,
  { generation, by, beat }: Extract<ClaimState, { state: "claimed" }>,
  patience: number,
  asked: number,
): number | undefined {
  const age = sightingsOf(place.tracker).age(name(place), `${generation} ${beat}`, asked, place.clock.monotonic());
  return age > Math.max(patience, by.patience) ? generation + 1 : undefined;
}

function busy(state: ClaimState): BusyClaim {
  return { state: "busy", generation: state.state === "free" ? state.next : state.generation };
}

function name({ runId, keys }: ClaimPlace): string {
  return `${runId} ${keys.commit}`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
