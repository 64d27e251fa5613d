import type { IncomingMessage } from "node:http";
import { toRequest } from "../../../src/cli/http/to-request.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import { parseExact, writeExact } from "./exact-json.ts";
import { expand, type Variables } from "./expand.ts";
import type { Json, Step } from "./scenario.ts";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** False when the bytes are no UTF-8. */
  readonly isText: boolean;
  /** Undefined when the body is not JSON; a bare NaN or Infinity is `{ $not_json: "NaN" }`. */
  readonly json: Json | undefined;
}

const encoder: TextEncoder = new TextEncoder();

/**
 * Sends a step as `tracklet server` would get it from a socket: `..` in the path, a GET with a body, a promised length
 * or a body in pieces of 7 bytes, none of which fits into a `Request` made by hand.
 */
export async function send(fetch: Fetch, step: Step, variables: Variables): Promise<Answer> {
  const { headers, body } = contentOf(step, variables);
  headers["host"] ??= "localhost:5000";
  const incoming = {
    method: step.method,
    url: targetOf(step, variables),
    headers,
    rawHeaders: Object.entries(headers).flat(),
    async *[Symbol.asyncIterator]() {
      yield* body;
    },
  };
  const chunks = incoming[Symbol.asyncIterator]();
  const request = await toRequest(incoming as unknown as IncomingMessage, chunks, new AbortController().signal);
  const response = await fetch(request);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return { status: response.status, headers: response.headers, bytes, text, isText: isUtf8(bytes), json: parse(text) };
}

function targetOf(step: Step, variables: Variables): string {
  const path = String(expand(step.path, variables));
  if (step.query === undefined) return path;
  const query = Object.entries(expand({ ...step.query }, variables) as { [name: string]: Json }).flatMap(
    ([name, value]) => (Array.isArray(value) ? value : [value]).map((item): [string, string] => [name, String(item)]),
  );
  return `${path}?${new URLSearchParams(query)}`;
}

function contentOf(
  step: Step,
  variables: Variables,
): { headers: Record<string, string>; body: Uint8Array<ArrayBuffer>[] } {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(step.headers ?? {}))
    headers[name.toLowerCase()] = String(expand(value, variables));
  const bytes = bodyOf(step, variables);
  if (step.json !== undefined) headers["content-type"] ??= "application/json";
  if (step.chunked === true) headers["transfer-encoding"] = "chunked";
  else if (bytes !== undefined) headers["content-length"] = String(bytes.byteLength);
  else if (["POST", "PUT", "PATCH"].includes(step.method)) headers["content-length"] = "0";
  return { headers, body: bytes === undefined ? [] : pieces(bytes, step.chunked === true ? 7 : bytes.byteLength) };
}

function bodyOf(step: Step, variables: Variables): Uint8Array<ArrayBuffer> | undefined {
  if (step.json !== undefined) return encoder.encode(writeExact(expand(step.json, variables)));
  if (step.text !== undefined) return encoder.encode(String(expand(step.text, variables)));
  return step.base64 === undefined
    ? undefined
    : Uint8Array.from(atob(step.base64), (character) => character.charCodeAt(0));
}

function pieces(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer>[] {
  const count = size === 0 ? 0 : Math.ceil(bytes.byteLength / size);
  return Array.from({ length: count }, (_, at) => bytes.slice(at * size, (at + 1) * size));
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string): Json | undefined {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}
