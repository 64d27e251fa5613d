import type { Amount, HostState } from "../types.ts";

/** What a leader lets the others know of itself and of the server: with each beat, and by broadcast when it changes. */
export interface LeaderState {
  /** Who leads. */
  readonly by: string;
  readonly host: HostState;
  /** Times that the host gave no answer, or one that refuses everybody. */
  readonly misses: number;
  /** Age in ms of the oldest thing that waits. */
  readonly lag: number;
  readonly inFlight: Amount;
  /** What waits of runs that wait for a person, and our ids of some of these runs. */
  readonly parked: Amount;
  readonly parkedRuns: readonly string[];
  /** All that lies below this place in the order waits for a person, however many runs that are. */
  readonly stillTo: number;
  /** Why the server takes nothing from anybody, as a person is told it; undefined while it is not known to refuse. */
  readonly refusal?: string | undefined;
}

/** Parked runs that are named. */
export const NAMED = 100;
const none: Amount = { points: 0, requests: 0 };

/** The state as text. */
export function writeLeaderState(state: LeaderState): string {
  return JSON.stringify({ ...state, parkedRuns: state.parkedRuns.slice(0, NAMED) });
}

/** The state in a text; that of a leader that says nothing where it is not one, as of another version. */
export function readLeaderState(text: string): LeaderState {
  let given: Partial<LeaderState> = {};
  try {
    given = (JSON.parse(text || "{}") ?? {}) as Partial<LeaderState>;
  } catch {}
  const { by, host, misses, lag, inFlight, parked, parkedRuns, stillTo, refusal } = given;
  return {
    by: typeof by === "string" ? by : "",
    host: hosts.find((name) => name === host) ?? "unknown",
    misses: number(misses),
    lag: number(lag),
    inFlight: amount(inFlight),
    parked: amount(parked),
    parkedRuns: Array.isArray(parkedRuns) ? parkedRuns.filter((run) => typeof run === "string") : [],
    stillTo: number(stillTo),
    refusal: typeof refusal === "string" ? refusal : undefined,
  };
}

const hosts: readonly HostState[] = ["unknown", "ok", "retrying", "refused", "paused"];

function number(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}

function amount(value: Partial<Amount> | undefined): Amount {
  return value ? { points: number(value.points), requests: number(value.requests) } : none;
}
