import type { IncomingMessage } from "node:http";
import { joinBytes } from "../../internal/join-bytes.ts";
import { requestUrl } from "./request-target.ts";
import { RequestWithBody } from "./request-with-body.ts";

/** Bodies of a known length up to this are read before the handler runs: one copy instead of a stream. */
const readAhead = 1024 * 1024;

/** Turns what Node's HTTP server got into a `Request`. Fails when the body of it does. */
export async function toRequest(
  incoming: IncomingMessage,
  chunks: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): Promise<Request> {
  const url = requestUrl(incoming.url ?? "/", incoming.headers.host);
  const method = incoming.method ?? "GET";
  // Bun would make a Request with these.
  if (method === "TRACE" || method === "CONNECT") throw new TypeError(`A Request cannot have the method ${method}`);
  const headers = headersOf(incoming.rawHeaders);
  const length = incoming.headers["content-length"];
  const hasBody = incoming.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
  if (!hasBody) return new Request(url, { method, headers, signal });
  const size = Number(length);
  if (method === "GET" || method === "HEAD") {
    if (!(size <= readAhead)) return new Request(url, { method, headers, signal });
    return new RequestWithBody(url, { method, headers, signal }, await readAll(chunks));
  }
  const body = size <= readAhead ? await readAll(chunks) : streamOf(chunks);
  // A body that is streamed must say that it is sent while the answer may come already.
  return new Request(url, { method, headers, signal, body, duplex: "half" } as RequestInit);
}

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(raw[at]!, raw[at + 1]!);
  return headers;
}

async function readAll(source: AsyncIterator<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await source.next();
    if (done === true) return joinBytes(chunks);
    chunks.push(value);
  }
}

/** Reads no further than the handler does, so that a large upload never piles up in memory. */
function streamOf(chunks: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(new Uint8Array(value));
      },
      // The rest of a refused upload is read away after the answer.
      cancel() {},
    },
    { highWaterMark: 0 },
  );
}
