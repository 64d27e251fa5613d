import type { IncomingMessage } from "node:http";
import { requestUrl } from "./request-target.ts";

/** Bodies of a known length up to this are read before the handler runs: one copy instead of a stream. */
const readAhead = 1024 * 1024;

/** Turns what Node's HTTP server got into a `Request`. */
export async function toRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const url = requestUrl(incoming.url ?? "/", incoming.headers.host);
  const method = incoming.method ?? "GET";
  // Bun would make a Request with these.
  if (method === "TRACE" || method === "CONNECT") throw new TypeError(`A Request cannot have the method ${method}`);
  const headers = headersOf(incoming.rawHeaders);
  const length = incoming.headers["content-length"];
  const hasBody = incoming.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
  if (!hasBody) return new Request(url, { method, headers, signal });
  if (method === "GET" || method === "HEAD") return withBody(new Request(url, { method, headers, signal }), incoming);
  const size = Number(length);
  const body = size <= readAhead ? await readAll(incoming) : streamOf(incoming);
  // A body that is streamed must say that it is sent while the answer may come already.
  return new Request(url, { method, headers, signal, body, duplex: "half" } as RequestInit);
}

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(raw[at]!, raw[at + 1]!);
  return headers;
}

async function readAll(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.byteLength;
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

/** Reads no further than the handler does, so that a large upload never piles up in memory. */
function streamOf(incoming: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = (incoming as AsyncIterable<Uint8Array<ArrayBuffer>>)[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(new Uint8Array(value));
      },
      // The rest of a refused upload is read away by Node after the answer.
      cancel() {},
    },
    { highWaterMark: 0 },
  );
}

/** MLflow's clients may send JSON with a GET, which no `Request` can be made with. */
async function withBody(request: Request, incoming: IncomingMessage): Promise<Request> {
  const size = Number(incoming.headers["content-length"]);
  if (!(size <= readAhead)) return request;
  const bytes = await readAll(incoming);
  const body = new Response(bytes);
  return new Proxy(request, {
    get(target, name) {
      if (name === "body" || name === "bodyUsed") return body[name];
      if (name === "text" || name === "json" || name === "arrayBuffer" || name === "blob") return body[name].bind(body);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
