import { BadRequestError } from "../errors/network-errors.ts";
import type { Core } from "./core.ts";

/** What is deleted stands in the error together with the way back. */
export function deletedError(
  core: Pick<Core, "connection">,
  what: string,
  kind: "run" | "experiment",
  { id, name = id }: { readonly id: string; readonly name?: string },
): BadRequestError {
  const message = `Cannot ${what} as the ${kind} "${name}" is deleted: restore it with createClient(tracker).${kind}s.restore("${id}")`;
  const request = { method: "GET", url: `${core.connection.trackingUri}/api/2.0/mlflow/${kind}s/get` };
  return new BadRequestError(message, { status: 400, errorCode: "INVALID_STATE", serverMessage: "", request });
}
