import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { platformClock } from "../../runtime/platform-clock.ts";
import type { Fetch } from "../../runtime/ports/fetch.ts";
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
  let closing = false;
  const server = createServer(
    {
      // An upload over a slow line may take longer than Node's five minutes; headers may not.
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
      void answer(handle, incoming, outgoing, options.onError);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, options)));
    server.listen(options.port, options.host, () => resolve());
  });
  server.removeAllListeners("error");
  server.on("error", options.onError);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    async close(patience = 5000) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = platformClock.after(patience, () => server.closeAllConnections());
      await closed;
      cut.cancel();
    },
  };
}

async function answer(
  handler: Fetch,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  onError: (error: unknown) => void,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  try {
    let request: Request;
    try {
      request = await toRequest(incoming, gone.signal);
    } catch {
      return gone.signal.aborted ? undefined : refuse(outgoing, 400, "BAD_REQUEST", "Cannot read the request");
    }
    const response = await handler(request);
    if (outgoing.destroyed) await response.body?.cancel();
    else await writeResponse(outgoing, response, incoming.method === "HEAD");
  } catch (error) {
    if (gone.signal.aborted || outgoing.destroyed) return;
    onError(error);
    // Headers that are out cannot be taken back: a cut connection is the only honest sign of an incomplete body.
    if (outgoing.headersSent) outgoing.destroy();
    else refuse(outgoing, 500, "INTERNAL_ERROR", "Cannot answer the request as the server failed: see its log");
  }
}

function refuse(outgoing: ServerResponse, status: number, code: string, message: string): void {
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  const body = JSON.stringify({ error_code: code, message });
  outgoing.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  outgoing.end(body);
}
