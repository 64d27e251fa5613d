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
  const text = typeof uri === "string" ? uri.trim() : "";
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== "http" && scheme !== "https") throw refused(text, scheme);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong(`an address such as "http://localhost:5000": it cannot be read as a URL`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw wrong("without query and fragment: put a token into the option auth");
  }
  const username = decode(url.username);
  const password = decode(url.password);
  return {
    base: url.origin + url.pathname.replace(/\/+$/, ""),
    userInfo: username === "" && password === "" ? undefined : { username, password },
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
  return new ConfigurationError(`Cannot use the tracking URI as it must be ${must}`);
}

function refused(text: string, scheme: string | undefined): ConfigurationError {
  if (/^(databricks|uc)\b/i.test(text)) {
    return wrong(
      `the https address of the workspace, such as "https://HOST.cloud.databricks.com" with auth: { token }: profiles of "databricks" are not read`,
    );
  }
  if (scheme !== undefined && /^(localhost|[\w.-]*\d|[\w-]+\.[\w.-]+)$/.test(scheme) && /^[^:]+:\d/.test(text)) {
    return wrong(`an http(s) address: write "http://" before "${text.replace(/[/?#@].*/s, "")}"`);
  }
  if (scheme === undefined || /^(file|sqlite|postgres(ql)?|mysql|mssql)\b/.test(scheme)) {
    const value = text === "" ? "empty" : scheme === undefined ? "a path or name" : `a "${scheme}:" address`;
    return wrong(
      `an http(s) address such as "http://localhost:5000": current value is ${value}. To work on a folder or a SQLite file import openTracker from "tracklet/local"`,
    );
  }
  return wrong(`an http(s) address such as "http://localhost:5000": current value is a "${scheme}:" address`);
}
