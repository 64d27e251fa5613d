import { Chance } from "./chance.ts";
import { type FaultName, faultOf, type Weather } from "./faults.ts";
import type { SimProcess } from "./process.ts";
import { type RequestKind, requestKind } from "./request-kind.ts";
import { carry, type Sent, type TripReply } from "./trip.ts";
import type { World } from "./world.ts";

/** Faults in a row that one kind of request of one run may meet, so that none is taken for its own fault. */
const IN_A_ROW = 2;

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
  /** Connections end with it. */
  #epoch = 0;
  readonly #inARow = new Map<string, number>();

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

  fetch(process: SimProcess, request: Request): Promise<Response> {
    const number = ++this.#number;
    const { timeline } = this.#world;
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (settle: () => void): void => {
        if (over) return;
        over = true;
        settle();
      };
      const { method, url } = request;
      let sent: Sent | undefined;
      request.signal.addEventListener("abort", () => {
        if (sent) sent.failedAt ??= timeline.now;
        end(() => reject(request.signal.reason));
      });
      timeline
        .hold(request.arrayBuffer())
        .then((raw) => {
          const path = url.slice("http://sim.test".length);
          const bytes = new Uint8Array(raw);
          const text = method === "POST" ? new TextDecoder().decode(bytes) : "";
          const body = (
            text === "" ? Object.fromEntries(new URLSearchParams(path.split("?")[1])) : JSON.parse(text)
          ) as Body;
          const kind = requestKind(path, body);
          const chance = new Chance(this.#world.seed + number * 0x10001, "request");
          const fault = this.#choose(kind, `${kind} ${String(body["run_id"] ?? text)}`, chance);
          const { term } = this.#world.disk.store;
          const going: Sent = { number, term, process, kind, wire: { method, path, body: bytes }, body, text, fault };
          sent = going;
          this.#world.checks.sending(going);
          const epoch = this.#epoch;
          carry(this.#world, going, chance, this.#weather.hold, {
            cut: () => this.#epoch !== epoch,
            answer: (reply) => process.deliver(() => end(() => resolve(toResponse(reply)))),
            fail: () =>
              process.deliver(() =>
                end(() => {
                  going.failedAt = timeline.now;
                  this.#world.checks.failed(going);
                  reject(new TypeError("fetch failed"));
                }),
              ),
          });
        })
        .catch((error: unknown) => this.#world.checks.broken(error));
    });
  }

  #choose(kind: RequestKind, target: string, chance: Chance): FaultName | undefined {
    if (this.down) return "unreachable";
    if (this.calm) return undefined;
    let fault = faultOf(this.#weather, kind, chance);
    const inARow = this.#inARow.get(target) ?? 0;
    const harmless = fault === "doubled" || fault === "delayed" || fault === "stale";
    if (fault !== undefined && !harmless && inARow >= IN_A_ROW) fault = undefined;
    if (fault === undefined) this.#inARow.delete(target);
    else if (!harmless) this.#inARow.set(target, inARow + 1);
    return fault;
  }
}

function toResponse({ status, text, type, after }: TripReply): Response {
  const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
  if (after !== undefined) headers["retry-after"] = String(after);
  return new Response(text, { status, headers });
}
