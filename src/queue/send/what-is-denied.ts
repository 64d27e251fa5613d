import type { CallOptions } from "../../client/types/connection.ts";
import { AuthenticationError, HttpError, PermissionError } from "../../errors/network-errors.ts";
import type { DeliveryClient } from "./delivery-client.ts";

/**
 * Finds out what an answer 403 in plain text refuses, which MLflow's own login (basic-auth) gives for one experiment, and
 * a proxy for one body, one path or everybody: a batch of nothing shows whether the run may be written, a search of
 * experiments, which who is logged in may always make, whether anything may be asked.
 *
 * @param runId Of the run that was to be written; undefined while the server has none.
 */
export async function whatIsDenied(
  { runs, experiments }: DeliveryClient,
  runId: string | undefined,
  options: CallOptions,
): Promise<"body" | "run" | "all"> {
  if (runId !== undefined && (await isLetIn(runs.logBatch({ runId }, options)))) return "body";
  return (await isLetIn(experiments.search({ maxResults: 1 }, options))) ? "run" : "all";
}

/** False for who is kept out. Who is told that a request is wrong has got in. */
async function isLetIn(request: PromiseLike<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof PermissionError || error instanceof AuthenticationError) return false;
    if (error instanceof HttpError && (error.status === 400 || error.status === 404)) return true;
    throw error;
  }
}
