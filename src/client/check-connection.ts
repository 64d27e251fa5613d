import { ConfigurationError } from "../errors/usage-errors.ts";
import { Authorizer } from "./auth.ts";
import { parseTrackingUri } from "./tracking-uri.ts";
import type { Connection } from "./types/connection.ts";

/**
 * Checks a connection without making anything of it, so that wrong options are told where they were given.
 *
 * @throws ConfigurationError with the cure; the message holds no credentials.
 */
export function checkConnection(connection: Connection): void {
  const { trackingUri, auth, fetch, timeout, retry, workspace } = connection;
  parseTrackingUri(trackingUri);
  new Authorizer(auth);
  if (fetch !== undefined && typeof (typeof fetch === "object" ? fetch?.fetch : fetch) !== "function") {
    throw wrong("fetch", "a function, or an object with a method fetch", fetch);
  }
  if (timeout !== undefined && !(timeout > 0)) throw wrong("timeout", "a number of milliseconds above 0", timeout);
  for (const [name, value] of Object.entries(retry ?? {})) {
    if (!(Number(value) >= 0)) throw wrong(`retry.${name}`, "a number, 0 or above", value);
  }
  if (workspace !== undefined && !/^[\x21-\x7e]+$/.test(workspace)) {
    throw wrong("workspace", "visible ASCII characters without spaces", workspace);
  }
}

function wrong(option: string, must: string, value: unknown): ConfigurationError {
  const shown =
    typeof value === "string"
      ? `"${value.slice(0, 80).toWellFormed()}"`
      : typeof value === "number"
        ? value
        : typeof value;
  return new ConfigurationError(`Cannot use the option ${option} as it must be ${must}: current value is ${shown}`);
}
