import { Transport } from "../../../src/client/transport.ts";
import type { ClientRuntime, Connection } from "../../../src/client/types/connection.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { seededRandom } from "../../support/manual-runtime.ts";

/** One request as it arrived. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Headers;
  readonly text: string;
}

/** What the server does with a request: an answer, or a failure to throw. */
export type Reply = Response | Error | ((request: Request) => Response | Promise<Response>);

/** A server that gives prepared answers in order, and keeps what it was asked. */
export interface FakeServer {
  readonly seen: Seen[];
  readonly clock: ManualClock;
  readonly transport: Transport;
}

/** An answer with a JSON body. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(text, { status, headers: { "content-type": "application/json", ...headers } });
}

/** MLflow's answer that refuses. */
export function refusal(
  status: number,
  errorCode: string,
  message: string,
  headers?: Record<string, string>,
): Response {
  return json({ error_code: errorCode, message, sqlstate: "KAM00", error_class: errorCode }, status, headers);
}

/** An answer as a page or as text. */
export function page(text: string, status = 200, type = "text/html; charset=utf-8"): Response {
  return new Response(text, { status, headers: { "content-type": type } });
}

/** What Node's fetch throws when nobody listens. */
export function refused(): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }) });
}

/** Makes a transport whose server gives `replies` in order; one too many is an error of the test. */
export function fakeServer(
  replies: readonly Reply[],
  connection: Partial<Connection> = {},
  runtime: Partial<ClientRuntime> = {},
): FakeServer {
  const seen: Seen[] = [];
  const clock = new ManualClock();
  const rest = [...replies];
  const fetch = async (request: Request): Promise<Response> => {
    const { method, url, headers } = request.clone();
    const { pathname, searchParams } = new URL(url);
    const text = await request.clone().text();
    seen.push({ method, url, path: pathname, query: Object.fromEntries(searchParams), headers, text });
    const reply = rest.shift();
    if (reply === undefined) throw new Error(`No answer is prepared for ${method} ${url}`);
    if (reply instanceof Error) throw reply;
    return typeof reply === "function" ? reply(request) : reply;
  };
  const transport = new Transport(
    // No time-out unless a test asks for one: a clock that runs ahead of slow bodies would fire it.
    { trackingUri: "http://tracking.test:5000", fetch, timeout: Number.POSITIVE_INFINITY, ...connection },
    { clock, random: seededRandom(7), ...runtime },
  );
  return { seen, clock, transport };
}

/** Waits until the server has been asked `count` times. */
export async function asked(server: Pick<FakeServer, "seen">, count: number): Promise<void> {
  for (let turn = 0; server.seen.length < count; turn++) {
    if (turn === 500) throw new Error(`The server was asked ${server.seen.length} times, not ${count}`);
    await settle(1);
  }
}

/** What a promise is rejected with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("The promise was not rejected");
}
