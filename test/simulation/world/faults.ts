import type { Chance } from "./chance.ts";
import { isRead, type RequestKind } from "./request-kind.ts";

/** What happens to a request; a column of the table of hits. */
export const OUTCOMES = [
  "answered",
  "refused by the server",
  "unreachable",
  "reply cut",
  "body torn",
  "doubled",
  "delayed",
  "held",
  "swallowed",
  "login page",
  "status 400",
  "status 429",
  "status 5xx",
  "5xx after acting",
  "status 401",
  "status 403",
  "stale",
  "no credentials",
] as const;

export type OutcomeName = (typeof OUTCOMES)[number];

/** Columns that are only chosen as faults; that there are no credentials is the sender's own trouble (`Credentials`). */
export type FaultName = Exclude<OutcomeName, "answered" | "refused by the server" | "no credentials">;

export const FAULTS: readonly FaultName[] = OUTCOMES.filter(
  (name) => name !== "answered" && name !== "refused by the server" && name !== "no credentials",
);

/** True where a fault can meet a request: a replica answers reads only. */
export function canMeet(fault: OutcomeName, kind: RequestKind): boolean {
  // Two of a create whose answer arrives are MLflow's to prevent.
  if (fault === "doubled" && ["create run", "create model", "create experiment"].includes(kind)) return false;
  if (fault === "stale") return ["search runs", "history", "get run", "get model", "search models"].includes(kind);
  if (fault === "body torn") return !isRead(kind) && kind !== "put artifact";
  if (fault === "status 400")
    return !isRead(kind) && kind !== "put artifact" && kind !== "create experiment" && kind !== "empty batch";
  if (fault === "refused by the server") {
    return [
      "server info",
      "create run",
      "update run",
      "metrics",
      "params",
      "tags",
      "delete tag",
      "inputs",
      "get run",
      "get experiment",
      "create model",
    ].includes(kind);
  }
  return true;
}

/** Requests that hardly any seed makes: any fault may meet them, whatever the weather. */
export const RARE: ReadonlySet<RequestKind> = new Set<RequestKind>([
  "delete model",
  "delete run",
  "tag model",
  "get model",
  "search experiments",
]);

/** How bad the weather of a seed is. */
export interface Weather {
  /** Share of requests with a fault. */
  readonly rate: number;
  readonly faults: readonly (readonly [weight: number, fault: FaultName])[];
  /** Longest time in ms that a request is held on its way. */
  readonly hold: number;
  /** Share of reads that a replica answers. */
  readonly stale: number;
}

/** Requests that come seldom meet faults more often, so that all of them are met. */
export const SELDOM: ReadonlySet<RequestKind> = new Set<RequestKind>([
  "create experiment",
  "create run",
  "delete run",
  "set tag",
  "create model",
  "search models",
  "finalize model",
  "outputs",
  "server version",
  "empty batch",
]);

const all: readonly (readonly [number, FaultName])[] = [
  [4, "unreachable"],
  [6, "reply cut"],
  [2, "body torn"],
  [3, "doubled"],
  [4, "delayed"],
  [4, "held"],
  [1, "swallowed"],
  [2, "login page"],
  [3, "status 400"],
  [2, "status 429"],
  [3, "status 5xx"],
  [3, "5xx after acting"],
  [1, "status 401"],
  [2, "status 403"],
  [4, "stale"],
];

/** The weather of a seed: at least five kinds of faults. */
export function weatherOf(chance: Chance): Weather {
  const count = chance.int(5, all.length);
  const faults = [...all].sort(() => chance.fraction() - 0.5).slice(0, count);
  return {
    rate: chance.pick([0.05, 0.1, 0.2, 0.3]),
    faults,
    hold: chance.pick([3_000, 20_000, 60_000]),
    stale: chance.pick([0, 0, 0.5]),
  };
}

/** The fault that a request meets, if any. */
export function faultOf(weather: Weather, kind: RequestKind, chance: Chance): FaultName | undefined {
  if (canMeet("stale", kind) && chance.may(weather.stale)) return "stale";
  const isRare = RARE.has(kind);
  const rate = isRare ? 0.6 : SELDOM.has(kind) ? Math.min(0.6, 4 * weather.rate) : weather.rate;
  if (!chance.may(rate)) return undefined;
  // A create that arrives after the next one was sent makes the twin of a run, which seldom happens by itself.
  if (kind === "create run" && chance.may(0.2)) return "held";
  if (kind === "create model" && chance.may(0.5)) return "held";
  if (isRare) return chance.pick(FAULTS.filter((fault) => fault !== "stale" && canMeet(fault, kind)));
  const faults = weather.faults.filter(([, fault]) => canMeet(fault, kind));
  return faults.length > 0 ? chance.weighted(faults) : undefined;
}
