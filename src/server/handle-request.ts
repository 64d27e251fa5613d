import type { Clock } from "../runtime/ports/clock.ts";
import { isBusy, isConstraintViolation, isTooComplex } from "../sql/sql-errors.ts";
import { readFields } from "./body.ts";
import type { ServerContext } from "./context.ts";
import { errorReply, jsonReply } from "./reply.ts";
import { Refusal, refuseValue } from "./refusal.ts";
import type { PathParams, Route } from "./route.ts";

/** How a matched request is worked off. */
export interface HandleOptions {
  readonly maxBody: number;
  readonly clock: Clock;
  /** Told of what is a fault of this server, not of the request. */
  readonly onError: (error: unknown, request: Request) => void;
}

/** Milliseconds after which a locked database is answered with 503, as MLflow does. */
const lockPatience = 20_000;

/** Runs a route and answers, also when it throws. */
export async function handleRequest(
  context: ServerContext,
  route: Route,
  params: PathParams,
  request: Request,
  url: URL,
  options: HandleOptions,
): Promise<Response> {
  try {
    if ("raw" in route) {
      const run = async (): Promise<Response> => route.raw(context, request, params, url);
      // A request with a body cannot be run twice: its stream is read.
      return await (request.body === null ? whileLocked(run, options.clock) : run());
    }
    if (context.compat.chunkedBodyLost && request.headers.has("transfer-encoding")) refuseValue("Missing value");
    const fields = await readFields(request, url, route.lists ?? [], options.maxBody);
    return await whileLocked(() => jsonReply(route.handle(context, fields, params)), options.clock);
  } catch (error) {
    const refusal = toRefusal(error);
    if (refusal.status >= 500 && !(error instanceof Refusal)) options.onError(error, request);
    return errorReply(refusal, context.compat);
  }
}

/**
 * Runs a handler again while another process holds the lock. Waiting here and not in SQLite's busy timeout leaves the
 * thread free: it may be the one that trains. Handlers write in one transaction, so a second run starts clean.
 */
async function whileLocked<T>(run: () => T | Promise<T>, clock: Clock): Promise<T> {
  let began: number | undefined;
  for (let wait = 5; ; wait = Math.min(wait * 2, 100)) {
    try {
      return await run();
    } catch (error) {
      if (!isBusy(error)) throw error;
      began ??= clock.monotonic();
      if (clock.monotonic() - began >= lockPatience) throw error;
      await new Promise<void>((resolve) => clock.after(wait, resolve));
    }
  }
}

/** Faults are told without SQL, paths or stack. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (isBusy(error)) {
    return new Refusal(
      "TEMPORARILY_UNAVAILABLE",
      "Cannot write now as another process holds the lock of the database: try again",
    );
  }
  if (isTooComplex(error)) {
    return new Refusal(
      "INVALID_PARAMETER_VALUE",
      "Cannot search as the filter has more conditions, or a longer pattern with % or _ inside, than the database here takes: use fewer or shorter ones",
    );
  }
  if (isConstraintViolation(error)) {
    return new Refusal("BAD_REQUEST", "Cannot store the request as it breaks a rule of the database");
  }
  return new Refusal("INTERNAL_ERROR", "Cannot answer the request as the server failed: see its log");
}
