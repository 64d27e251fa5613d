import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** An answer of unknown length is collected up to this many bytes, so that most get a Content-Length. */
const collect = 64 * 1024;

/** Writes a `Response` to Node's HTTP server, no faster than the client reads. */
export async function writeResponse(outgoing: ServerResponse, response: Response, head: boolean): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  const { body } = response;
  if (body === null || head) {
    await body?.cancel();
    const empty = head || response.status === 204 || response.status === 304;
    if (!empty && !response.headers.has("content-length")) outgoing.setHeader("content-length", 0);
    outgoing.end();
    return;
  }
  const reader = body.getReader();
  try {
    const first = response.headers.has("content-length") ? [] : await readSome(reader);
    if (first.length > 0 && first.at(-1) === undefined) {
      const chunks = first.slice(0, -1) as Uint8Array[];
      outgoing.setHeader(
        "content-length",
        chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
      );
      for (const chunk of chunks) outgoing.write(chunk);
      outgoing.end();
      return;
    }
    for (const chunk of first) await send(outgoing, chunk!);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await send(outgoing, value);
    }
    outgoing.end();
  } catch (error) {
    await reader.cancel(error).catch(() => undefined);
    throw error;
  }
}

/** Reads until the end (a closing `undefined`) or until enough is there. */
async function readSome(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<(Uint8Array | undefined)[]> {
  const chunks: (Uint8Array | undefined)[] = [];
  for (let size = 0; size <= collect; ) {
    const { done, value } = await reader.read();
    chunks.push(done ? undefined : value);
    if (done) break;
    size += value.byteLength;
  }
  return chunks;
}

async function send(outgoing: ServerResponse, chunk: Uint8Array): Promise<void> {
  if (outgoing.destroyed) throw new Error("The client went away");
  if (outgoing.write(chunk)) return;
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  outgoing.once("close", leave);
  try {
    await once(outgoing, "drain", { signal: gone.signal });
  } finally {
    outgoing.off("close", leave);
  }
}
