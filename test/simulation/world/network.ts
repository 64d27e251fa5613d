import { Chance } from "./chance.ts";
import { canMeet, FAULTS, type FaultName, faultOf, RARE, type Weather } from "./faults.ts";
import type { WireRequest } from "../oracle/oracle.ts";
import type { SimProcess } from "./process.ts";
import { type RequestKind, requestKind } from "./request-kind.ts";
import { carry, type Sent, type TripReply } from "./trip.ts";
import type { World } from "./world.ts";

/** Faults in a row that one kind of request of one run may meet, so that none is taken for its own fault. */
const IN_A_ROW = 2;
/** Faults of what is hardly ever sent once all else is calm: runs that the server lost are asked for without end. */
const MOST_IN_CALM = 60;

/** Who sends a request. */
export interface Sender {
  readonly answered: (reply: TripReply) => void;
  readonly failed: () => void;
}

type Body = { readonly [member: string]: unknown };

/** The way between processes and the server, on which everything can go wrong. */
export class Network {
  readonly #world: World;
  readonly #weather: Weather;
  /** Nothing goes wrong any more. */
  calm = false;
  /** Nothing goes through. */
  down = false;
  #number = 0;
  #inCalm = 0;
  /** Connections end with it. */
  #epoch = 0;
  readonly #inARow = new Map<string, number>();
  /** How often one kind of request of one run was refused in plain text, and one request with 400. */
  readonly #denied = new Map<string, number>();
  readonly #refused = new Map<string, number>();

  constructor(world: World, weather: Weather) {
    this.#world = world;
    this.#weather = weather;
  }

  /** Requests so far. */
  get count(): number {
    return this.#number;
  }

  /** Cuts every connection. */
  reset(): void {
    this.#epoch++;
  }

  /** For the whole client. */
  fetch(process: SimProcess, request: Request): Promise<Response> {
    const { timeline } = this.#world;
    const { method, url, signal } = request;
    return new Promise((resolve, reject) => {
      timeline
        .hold(request.arrayBuffer())
        .then((raw) => {
          if (signal.aborted) return reject(signal.reason);
          const bytes = new Uint8Array(raw);
          const body = method === "PUT" ? bytes : new TextDecoder().decode(bytes);
          const trip = this.send(
            process,
            { method, path: url.slice("http://sim.test".length), body },
            {
              answered: (reply) => resolve(toResponse(reply)),
              failed: () => reject(new TypeError("fetch failed")),
            },
          );
          signal.addEventListener("abort", () => {
            trip.giveUp();
            reject(signal.reason);
          });
        })
        .catch((error: unknown) => this.#world.checks.broken(error));
    });
  }

  /** Takes a request on its way; its sender hears one thing of it at most, and nothing once it gave up. */
  send(process: SimProcess, wire: WireRequest, sender: Sender): { readonly giveUp: () => void } {
    const { timeline, checks } = this.#world;
    const number = ++this.#number;
    const { method, path, body: raw } = wire;
    const text = typeof raw === "string" ? raw : "";
    const query = path.indexOf("?");
    const body = (
      text !== "" ? JSON.parse(text) : query < 0 ? {} : Object.fromEntries(new URLSearchParams(path.slice(query)))
    ) as Body;
    const kind = requestKind(method, path, body);
    const chance = new Chance(this.#world.seed + number * 0x10001, "request");
    const fault = this.#choose(number, kind, `${kind} ${String(body["run_id"] ?? text)}`, path + text, chance);
    const { term } = this.#world.disk.store;
    // No seed logs an integer that a number cannot hold, so the server need not parse the body anew.
    const parsed = text === "" ? wire : { ...wire, json: body as NonNullable<WireRequest["json"]> };
    const going: Sent = { number, term, process, kind, wire: parsed, body, text, fault };
    checks.sending(going);
    let over = false;
    const end = (settle: () => void): void =>
      process.deliver(() => {
        if (over) return;
        over = true;
        settle();
      });
    const epoch = this.#epoch;
    carry(this.#world, going, chance, this.#weather.hold, {
      cut: () => this.#epoch !== epoch,
      answer: (reply) => end(() => sender.answered(reply)),
      fail: () =>
        end(() => {
          going.failedAt = timeline.now;
          checks.failed(going);
          sender.failed();
        }),
    });
    return {
      giveUp: () => {
        over = true;
        going.failedAt ??= timeline.now;
      },
    };
  }

  #choose(number: number, kind: RequestKind, target: string, whole: string, chance: Chance): FaultName | undefined {
    if (this.down) return "unreachable";
    const { plan } = this.#world;
    if (plan) return FAULTS.find((name) => plan.at === number && plan.name === name && canMeet(name, kind));
    // What sets right what is in doubt mostly comes at the end: without that it would meet no fault.
    if (this.calm && (!RARE.has(kind) || this.#inCalm >= MOST_IN_CALM)) return undefined;
    let fault = faultOf(this.#weather, kind, chance);
    const inARow = this.#inARow.get(target) ?? 0;
    const harmless = fault === "doubled" || fault === "delayed" || fault === "stale";
    if (fault !== undefined && !harmless && inARow >= IN_A_ROW) fault = undefined;
    if (fault === "status 403") {
      // What is looked at in several requests, of which another one is refused each time, is refused in a row too.
      const denied = this.#denied.get(target) ?? 0;
      if (denied >= IN_A_ROW) fault = undefined;
      else this.#denied.set(target, denied + 1);
    }
    if (fault === "status 400") {
      // What else goes of the run between says nothing of this one: three times would be the server's last word on it.
      const refused = this.#refused.get(whole) ?? 0;
      if (refused >= IN_A_ROW) fault = undefined;
      else this.#refused.set(whole, refused + 1);
    }
    if (fault === undefined) this.#inARow.delete(target);
    else if (!harmless) this.#inARow.set(target, inARow + 1);
    if (this.calm && fault !== undefined) this.#inCalm++;
    return fault;
  }
}

function toResponse({ status, text, type, after }: TripReply): Response {
  const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
  if (after !== undefined) headers["retry-after"] = String(after);
  return new Response(text, { status, headers });
}
