import type { WireReply, WireRequest } from "../oracle/oracle.ts";
import type { Chance } from "./chance.ts";
import type { FaultName, OutcomeName } from "./faults.ts";
import type { SimProcess } from "./process.ts";
import { isRead, type RequestKind } from "./request-kind.ts";
import type { World } from "./world.ts";

/** Longest lag of a replica: below the time after which the queue looks a second time. */
const LAG = 4_000;

/** Milliseconds for which the creation of a model may be held in any weather. */
const TWIN = 20_000;

/** A request on its way. */
export interface Sent {
  readonly number: number;
  readonly process: SimProcess;
  readonly kind: RequestKind;
  readonly wire: WireRequest;
  readonly body: { readonly [member: string]: unknown };
  readonly text: string;
  /** Term of the disk when it was sent. */
  readonly term: number;
  /** The client was told that it failed, at this time. */
  failedAt?: number;
  readonly fault: FaultName | undefined;
}

/** An answer; `after` is its Retry-After in seconds. */
export type TripReply = WireReply & { readonly after?: number };

/** The sender's end of a request. */
export interface SenderEnd {
  /** True when the connection was cut since. */
  readonly cut: () => boolean;
  readonly answer: (reply: TripReply) => void;
  readonly fail: () => void;
}

/** What a course needs. */
interface Trip {
  /** Has something happen in `ms`, and after one more way. */
  readonly later: (ms: number, run: () => void) => void;
  readonly way: number;
  readonly chance: Chance;
  readonly kind: RequestKind;
  /** Longest time in ms that a request is held. */
  readonly hold: number;
  /** Has the server act, with a part of the body where `length` says so. */
  readonly serve: (lag?: number, length?: number) => Promise<WireReply>;
  readonly reply: (reply: TripReply) => void;
  readonly fail: () => void;
  readonly bytes: number;
}

const html = "<html><title>no</title></html>";

/** What each fault does to a request. */
const courses: Readonly<Record<FaultName, (trip: Trip) => void>> = {
  unreachable: ({ later, way, fail }) => later(way, fail),
  "reply cut": ({ later, way, serve, fail }) => later(way, () => void serve().then(() => later(way, fail))),
  "body torn": ({ later, way, serve, reply, fail, chance, bytes }) =>
    later(way, () => {
      void serve(0, chance.int(0, Math.max(0, bytes - 1))).then((torn) =>
        chance.may(0.5) ? later(way, () => reply(torn)) : fail(),
      );
    }),
  doubled(trip) {
    // A copy of a write that comes after the next one is the network's own, and beyond any client.
    trip.later(trip.way + (isState(trip.kind) ? 0 : trip.chance.fraction() * 2_000), () => void trip.serve());
    answer(trip, 0);
  },
  delayed: (trip) => answer(trip, trip.chance.fraction() * trip.chance.pick([5_000, 40_000, 200_000])),
  held({ later, way, serve, fail, chance, hold }) {
    later(chance.fraction() * Math.min(way * 4, 1_000), fail);
    later(way + chance.fraction() * hold, () => void serve());
  },
  swallowed: () => {},
  "login page": (trip) => status(trip, 200, "text/html", "<html><title>Sign in</title></html>"),
  "status 400": (trip) =>
    status(trip, 400, "application/json", '{"error_code":"BAD_REQUEST","message":"UNIQUE constraint failed"}'),
  "status 429": (trip) => status(trip, 429, "text/plain", "slow down", trip.chance.int(0, 20)),
  "status 5xx": (trip) => status(trip, trip.chance.pick([500, 502, 503, 504]), "text/html", html),
  "5xx after acting": (trip) =>
    trip.later(
      trip.way,
      () => void trip.serve().then(() => status(trip, trip.chance.pick([500, 502, 504]), "text/html", html)),
    ),
  "status 401": (trip) => status(trip, 401, "text/plain", "who are you"),
  // As a proxy says it, and MLflow's own login.
  "status 403": (trip) => status(trip, 403, "text/plain", "Permission denied"),
  stale: (trip) => answer(trip, 0, isRead(trip.kind) ? trip.chance.fraction() * LAG : 0),
};

function answer({ later, way, serve, reply }: Trip, delay: number, lag = 0): void {
  later(way, () => void serve(lag).then((found) => later(way + delay, () => reply(found))));
}

function status({ later, way, reply }: Trip, code: number, type: string, text: string, after?: number): void {
  later(way, () => reply({ status: code, text, type, ...(after !== undefined && { after }) }));
}

/** Takes a request to the server and its answer back, or not. */
export function carry(world: World, sent: Sent, chance: Chance, hold: number, end: SenderEnd): void {
  const { kind, fault, wire } = sent;
  const note = (outcome: OutcomeName): void => {
    world.hits.add(kind, outcome);
    world.note(() => `${sent.process.name} #${sent.number} ${kind} ${target(sent)}: ${outcome}`);
  };
  const trip: Trip = {
    later: (ms, run) => void world.timeline.after(ms, run),
    way: chance.fraction() * chance.pick([2, 20, 200]),
    chance,
    kind,
    // Only one that comes after the second look makes a twin.
    hold: kind === "create model" ? Math.max(hold, TWIN) : hold,
    bytes: wire.body.length,
    serve: (lag = 0, length = wire.body.length) =>
      world.serve(length < wire.body.length ? { ...sent, wire: torn(wire, length) } : sent, lag),
    reply: (found) => (end.cut() ? end.fail() : end.answer(found)),
    fail: end.fail,
  };
  if (fault) {
    note(fault);
    courses[fault](trip);
    return;
  }
  trip.later(trip.way, () => {
    if (end.cut()) return end.fail();
    void trip.serve().then((found) => {
      note(found.status < 400 ? "answered" : "refused by the server");
      trip.later(trip.way, () => trip.reply(found));
    });
  });
}

/** What arrives of a request that is cut. */
function torn({ method, path, body }: WireRequest, length: number): WireRequest {
  return { method, path, body: body.slice(0, length) };
}

function isState(kind: RequestKind): boolean {
  return kind === "tags" || kind === "set tag" || kind === "delete tag" || kind === "update run";
}

function target({ body, wire }: Sent): string {
  const id = body["run_id"] ?? body["model_id"] ?? body["filter"] ?? body["experiment_name"] ?? wire.path.slice(-30);
  const tags = body["tags"] === undefined ? "" : ` ${JSON.stringify(body["tags"]).slice(0, 120)}`;
  const state = body["status"] === undefined ? "" : ` ${String(body["status"])}`;
  const metrics = Array.isArray(body["metrics"]) ? ` ${body["metrics"].length} points` : "";
  return `${String(id)}${metrics}${state}${tags}`;
}
