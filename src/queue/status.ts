import { add, type Count, type Ledger } from "./ledger.ts";
import type { Problems } from "./problems.ts";
import type { SyncEngine } from "./sync-engine.ts";
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
  const { engine, ledger } = parts;
  const { pending: waiting, ...rest } = reportOf(parts);
  const inFlight = { ...ledger.inFlight };
  return {
    ...rest,
    waiting: minus(waiting, inFlight),
    inFlight,
    host: paused ? "paused" : (engine?.host ?? "unknown"),
    lag: engine?.age ?? 0,
    storage,
  };
}

/** What a flush found at its end. */
export function reportOf({ ledger, problems, engine }: StatusParts): FlushReport {
  const { waiting, delivered, quarantined, dropped } = ledger;
  const parked: Count = { points: 0, requests: 0 };
  for (const id of engine?.parked() ?? []) add(parked, ledger.find(id)?.waiting ?? none);
  return {
    delivered: { ...delivered },
    pending: minus(waiting, parked),
    parked,
    quarantined: { ...quarantined },
    dropped: { ...dropped },
    problems: problems.list(),
  };
}

function minus(from: Amount, amount: Amount): Amount {
  const left = { ...from };
  add(left, amount, -1);
  return left;
}
