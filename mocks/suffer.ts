import type { Clock } from "../src/runtime/ports/clock.ts";
import type { Fetch } from "../src/runtime/ports/fetch.ts";
import type { Fault } from "./fault.ts";

/** The connection broke; MSW and `fetch` turn it into the platform's network error. */
export class ConnectionDropped extends Error {
  override name = "ConnectionDropped";
}

/** Answers a request that a fault strikes. */
export async function suffer(
  fault: Fault,
  request: Request,
  server: Fetch,
  clock: Pick<Clock, "after">,
): Promise<Response> {
  if (fault.delay !== undefined) await wait(fault.delay, request.signal, clock);
  if ("drop" in fault) {
    if (fault.drop === "after") await drain(await server(request));
    throw new ConnectionDropped(`Connection dropped ${fault.drop} the server acted`);
  }
  if ("cut" in fault) return cut(await server(request), fault.cut);
  if ("status" in fault) {
    if (fault.acted === true) await drain(await server(request));
    return errorAnswer(fault.status, fault.body, fault.headers);
  }
  if ("notJson" in fault) {
    if (fault.acted === true) await drain(await server(request));
    const page = fault.notJson === true ? "<!doctype html><title>Sign in</title><form></form>" : fault.notJson;
    return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  }
  return server(request);
}

const codes: Readonly<Record<number, string>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "RESOURCE_DOES_NOT_EXIST",
  429: "REQUEST_LIMIT_EXCEEDED",
  501: "NOT_IMPLEMENTED",
  503: "TEMPORARILY_UNAVAILABLE",
};

function errorAnswer(
  status: number,
  body: string | object | undefined,
  extra: Readonly<Record<string, string>> = {},
): Response {
  const content = body ?? { error_code: codes[status] ?? "INTERNAL_ERROR", message: `Injected fault ${status}` };
  const isText = typeof content === "string";
  const headers = { "content-type": isText ? "text/plain; charset=utf-8" : "application/json", ...extra };
  return new Response(isText ? content : JSON.stringify(content), { status, headers });
}

/** Reads an answer that nobody gets, so that the server is done with it. */
async function drain(response: Response): Promise<void> {
  await response.arrayBuffer();
}

async function cut(response: Response, length: number): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set("content-length", String(bytes.byteLength));
  let sent = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (!sent && length > 0) controller.enqueue(bytes.slice(0, length));
      else controller.error(new TypeError("terminated"));
      sent = true;
    },
  });
  return new Response(body, { status: response.status, headers });
}

function wait(ms: number, signal: AbortSignal, clock: Pick<Clock, "after">): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.after(ms, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
