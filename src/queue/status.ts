import type { Ledger } from "./account/ledger.ts";
import type { Problems } from "./problems.ts";
import type { SyncEngine } from "./drain/sync-engine.ts";
import type { Amount, FlushReport, QueueStatus } from "./types.ts";

/** Where the figures come from. */
export interface StatusParts {
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly engine: SyncEngine | undefined;
}

const none: Amount = { points: 0, requests: 0 };

/** What waits, what went, what could not, now. */
export function statusOf(parts: StatusParts, storage: string, paused: boolean): QueueStatus {
  const { engine } = parts;
  const { pending: waiting, ...rest } = reportOf(parts);
  const inFlight = least(engine?.outlook.inFlight ?? none, waiting);
  return {
    ...rest,
    waiting: minus(waiting, inFlight),
    inFlight,
    host: paused ? "paused" : (engine?.outlook.host ?? "unknown"),
    lag: engine?.outlook.age ?? 0,
    storage,
  };
}

/** What a flush found at its end. */
export function reportOf({ ledger, problems, engine }: StatusParts): FlushReport {
  const { waiting, delivered, quarantined, dropped } = ledger;
  const parked = least(engine?.outlook.parkedAmount ?? none, waiting);
  return {
    delivered: { ...delivered },
    pending: minus(waiting, parked),
    parked,
    quarantined: { ...quarantined },
    dropped: { ...dropped },
    problems: problems.list(),
  };
}

/** What is left, as far as it is known: while others write as well, figures of several moments meet. */
function minus(from: Amount, amount: Amount): Amount {
  return { points: Math.max(0, from.points - amount.points), requests: Math.max(0, from.requests - amount.requests) };
}

function least(a: Amount, b: Amount): Amount {
  return { points: Math.min(a.points, b.points), requests: Math.min(a.requests, b.requests) };
}
