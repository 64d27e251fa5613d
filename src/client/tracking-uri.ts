import { ConfigurationError } from "../errors/usage-errors.ts";

/** A tracking URI taken apart. */
export interface TrackingAddress {
  /** Origin and path, without user info, query, fragment and trailing slash. */
  readonly base: string;
  /** What stood before the `@`. */
  readonly userInfo: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Checks a tracking URI and takes the user info out of it (fetch refuses an address that has one).
 *
 * @throws ConfigurationError with the form to use instead; the message holds no credentials.
 */
export function parseTrackingUri(uri: string): TrackingAddress {
  const text = String(uri ?? "").trim();
  if (!/^https?:/i.test(text) || !URL.canParse(text)) throw wrong(reason(text));
  const { origin, pathname, search, hash, username, password } = new URL(text);
  if (search !== "" || hash !== "") throw wrong("have no query and no fragment: put a token into the option auth");
  return {
    base: origin + pathname.replace(/\/+$/, ""),
    userInfo: username || password ? { username: decode(username), password: decode(password) } : undefined,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wrong(must: string): ConfigurationError {
  return new ConfigurationError(`Cannot use the tracking URI as it must ${must}`);
}

/** `127.0.0.1:5000` at the start of an address without a scheme. */
export function hostAndPortOf(text: string): string | undefined {
  return /^(?:[\w.-]+|\[[\da-f:.]+\]):\d+(?=[/?#]|$)/i.exec(text)?.[0];
}

/** What keeps an address that begins as it should from being one. Shows nothing of it: there may be user info. */
function fault(text: string): string {
  const [, authority = ""] = /^https?:[\\/]*([^\\/?#]*)/i.exec(text) ?? [];
  return /^(.*@)?(:.*)?$/.test(authority)
    ? "current value has no host"
    : "the host of the current value, or its port, cannot be one (ports go from 0 to 65535)";
}

/** Shows of the text no more than scheme, host and port: the rest may hold credentials. */
function reason(text: string): string {
  const be = `be an http(s) address such as "http://localhost:5000"`;
  if (/^https?:/i.test(text)) return `${be}: ${fault(text)}`;
  const hostAndPort = hostAndPortOf(text);
  if (hostAndPort !== undefined) return `${be}: write "http://" before "${hostAndPort}"`;
  const scheme = /^[a-z][a-z\d+.-]*:/i.exec(text)?.[0].toLowerCase();
  if (/^(databricks|uc\b)/i.test(text)) {
    return `be the https address of the workspace, such as "https://HOST.cloud.databricks.com", with auth: { token }: current value is a profile of "databricks"`;
  }
  // Before an "@" there may be user info that only looks like a scheme.
  if (text.includes("@") && !text.includes("//")) return `${be}: current value has no "http://"`;
  if (scheme !== undefined && !/^(file|sqlite|postgres|mysql|mssql)/.test(scheme)) {
    return `${be}: current value begins with "${scheme}"`;
  }
  const value = text === "" ? "empty" : (scheme ?? "a path or name");
  return `${be}: current value is ${value}. For a folder or a SQLite file import openTracker from "tracklet/local"`;
}
