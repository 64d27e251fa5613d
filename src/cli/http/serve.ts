import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { defaultRuntime } from "../../runtime/default-runtime.ts";
import { platformClock } from "../../runtime/platform-clock.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { Fetch } from "../../runtime/ports/fetch.ts";
import { type BodyTimeout, bodyChunks, dropRest } from "./body-chunks.ts";
import { listenError } from "./listen-error.ts";
import { toRequest } from "./to-request.ts";
import { writeResponse } from "./write-response.ts";

/** Where a server listens. */
export interface ServeOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Told of faults that clients see as a bare 500 or a cut connection. */
  readonly onError: (error: unknown) => void;
  /** @default the platform's */
  readonly clock?: Clock;
}

/** A listening server. */
export interface Listening {
  /** Address to open, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and lets running requests end; after `patience` ms they are cut. */
  close(patience?: number): Promise<void>;
}

/**
 * Serves a fetch handler over HTTP with `node:http`, which Node, Deno and Bun have.
 *
 * @throws ConfigurationError when the port is taken or the host is not one of this machine.
 */
export async function serve(handler: Fetch, options: ServeOptions): Promise<Listening> {
  const { onError, clock = platformClock } = options;
  let closing = false;
  const server = createServer(
    {
      // An upload over a slow line may take longer than Node's five minutes, as long as bytes come; headers may not.
      requestTimeout: 0,
      headersTimeout: 60_000,
      // Longer than clients keep idle connections, so that it is they who close: no request meets a closing socket.
      keepAliveTimeout: 75_000,
      // As much as the server that MLflow runs on takes.
      maxHeaderSize: 65_536,
      noDelay: true,
    },
    (incoming, outgoing) => {
      // A connection that stays open after its last answer would hold up the end.
      const handle: Fetch = async (request) => {
        const response = await handler(request);
        if (closing) outgoing.setHeader("connection", "close");
        return response;
      };
      void answer(handle, incoming, outgoing, { onError, clock });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, options)));
    server.listen(options.port, options.host, () => resolve());
  });
  server.removeAllListeners("error");
  server.on("error", onError);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    async close(patience = 5000) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = clock.after(patience, () => server.closeAllConnections());
      // Connections that wait for nothing but that timer do not keep a process alive.
      const release = defaultRuntime().lifecycle.keepAlive();
      await closed;
      release();
      cut.cancel();
    },
  };
}

async function answer(
  handler: Fetch,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { onError, clock }: { onError: (error: unknown) => void; clock: Clock },
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  // Kept, as the handler may take the broken body for something else.
  let late: BodyTimeout | undefined;
  const body = bodyChunks(incoming, clock, (error) => {
    late = error;
  });
  outgoing.once("finish", () => dropRest(incoming, body, clock));
  try {
    let request: Request;
    try {
      request = await toRequest(incoming, body, gone.signal);
    } catch {
      if (gone.signal.aborted) return;
      return late === undefined
        ? refuse(outgoing, 400, "BAD_REQUEST", "Cannot read the request")
        : giveUp(outgoing, late);
    }
    const response = await handler(request);
    if (outgoing.destroyed || late !== undefined) await response.body?.cancel();
    if (late !== undefined) giveUp(outgoing, late);
    else if (!outgoing.destroyed) await writeResponse(outgoing, response, incoming.method === "HEAD");
  } catch (error) {
    if (gone.signal.aborted || outgoing.destroyed) return;
    if (late !== undefined && !outgoing.headersSent) return giveUp(outgoing, late);
    onError(error);
    // Headers that are out cannot be taken back: a cut connection is the only honest sign of an incomplete body.
    if (outgoing.headersSent) outgoing.destroy();
    else refuse(outgoing, 500, "INTERNAL_ERROR", "Cannot answer the request as the server failed: see its log");
  }
}

function giveUp(outgoing: ServerResponse, late: BodyTimeout): void {
  refuse(outgoing, 408, "BAD_REQUEST", late.message, { connection: "close" });
}

function refuse(
  outgoing: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  const body = JSON.stringify({ error_code: code, message });
  outgoing.writeHead(status, {
    ...headers,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  outgoing.end(body);
}
