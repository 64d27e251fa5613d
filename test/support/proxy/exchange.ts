import type { Gate } from "./gate.ts";

/** A request as a script sees it: whole, before any of it went on to the server. */
export interface ProxiedRequest {
  /** Number of this request at this proxy, from 1. */
  readonly number: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  /** The body as text. */
  readonly body: string;
}

/** Somebody before the server answers in its place. */
export interface ProxyAnswer {
  readonly answer: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What goes wrong with one request, and when. Bytes are counted from the first of the head. */
export type ProxyFault =
  /** The server acts at once; its answer comes so many milliseconds later. */
  | { readonly delay: number }
  /** The request waits for the gate. With `lost`, the connection to the client is reset meanwhile: it comes late. */
  | { readonly hold: Gate; readonly lost?: boolean }
  /** The server acts at once; its answer waits for the gate. */
  | { readonly holdAnswer: Gate }
  /** So many bytes come to the server, then both connections end. */
  | { readonly cutRequest: number }
  /** The server acts; so many bytes of its answer come back, then the connection ends, or is reset. */
  | { readonly cutAnswer: number; readonly reset?: boolean }
  /** The server gets the same bytes twice at the same time; the worse answer comes back. */
  | { readonly twice: true }
  /** Nothing comes back, and nothing ends: before the server has seen the request, or after it acted. */
  | { readonly swallow: "request" | "answer" }
  /** The connection is reset before the server has seen the request. */
  | { readonly reset: true }
  | ProxyAnswer
  /** The server gets another body in its place. */
  | { readonly body: string };

/** Asked for each request; undefined lets it pass. */
export type ProxyScript = (request: ProxiedRequest) => ProxyFault | undefined;

/** A request and what came of it. */
export interface Exchange extends ProxiedRequest {
  /** What struck it. */
  readonly fault: ProxyFault | undefined;
  /** Statuses that the server answered with; none when it got nothing whole, or has not answered yet. */
  readonly statuses: number[];
}

/** True for a request whose path, without the query, ends so. */
export function isFor(request: ProxiedRequest, end: string): boolean {
  return request.path.replace(/\?.*/, "").endsWith(end);
}

/** A script that strikes the first `times` requests to a path. */
export function first(times: number, end: string, fault: ProxyFault): ProxyScript {
  let left = times;
  return (request) => (isFor(request, end) && left-- > 0 ? fault : undefined);
}
