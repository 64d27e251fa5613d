import { total, least } from "./amount.ts";
import type { Drain } from "./drain/drain.ts";
import type { Amount, FlushReport, QueueStatus } from "./types.ts";
import type { Writer } from "./write/writer.ts";

const none: Amount = { points: 0, requests: 0 };

/** What waits, what went, what could not, now: of all who share the storage. */
export function statusOf(drain: Drain, writer: Writer, paused: boolean): QueueStatus {
  const { engine, parts } = drain;
  const all = parts.ledger.waiting;
  const parked = least(engine?.outlook.parkedAmount ?? none, all);
  const waiting = minus(all, parked);
  const inFlight = least(engine?.outlook.inFlight ?? none, waiting);
  return {
    ...fates(drain),
    parked,
    waiting: minus(waiting, inFlight),
    inFlight,
    host: paused ? "paused" : (engine?.outlook.host ?? "unknown"),
    lag: total(waiting) && Math.max(engine?.outlook.age ?? 0, writer.age),
    storage: parts.storage.name,
  };
}

/** What a flush found at its end. `unput` is what no store is known to hold, durable or not. */
export function reportOf(drain: Drain, writer: Writer, unput: Amount = unputOf(drain, writer)): FlushReport {
  const { engine, parts } = drain;
  const { own, waiting } = parts.ledger;
  const { durable } = parts.storage;
  const parked = least(engine?.outlook.parkedAmount ?? none, waiting);
  const moving = minus(waiting, parked);
  // What lies in the memory of this program is in nobody else's hands, whoever logged it.
  const pending = durable ? least(minus(own, engine?.outlook.parkedHere ?? none), moving) : moving;
  return {
    pending,
    parked,
    others: minus(moving, pending),
    // A put that said that it failed may have taken place, and what it held be delivered.
    unkept: durable ? least(unput, own) : { ...waiting },
    ...fates(drain),
  };
}

/** Makes all durable without waiting, where that can be, and tells what is left. */
export function keptReport(drain: Drain, writer: Writer): FlushReport {
  return reportOf(drain, writer, drain.late?.keepNow(drain, writer));
}

/** What is not loaded has put nothing anywhere. */
function unputOf(drain: Drain, writer: Writer): Amount {
  return drain.late?.unkept(writer) ?? drain.parts.ledger.waiting;
}

/** What became of the rest, and what stands. */
function fates({ parts }: Drain): Pick<FlushReport, "delivered" | "quarantined" | "dropped" | "problems"> {
  const { delivered, quarantined, dropped } = parts.ledger;
  return {
    delivered: { ...delivered },
    quarantined: { ...quarantined },
    dropped: { ...dropped },
    problems: parts.problems.list(),
  };
}

/** What is left, as far as it is known: while others write as well, figures of several moments meet. */
function minus(from: Amount, amount: Amount): Amount {
  return { points: Math.max(0, from.points - amount.points), requests: Math.max(0, from.requests - amount.requests) };
}
