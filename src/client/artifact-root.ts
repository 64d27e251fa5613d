import { ConfigurationError } from "../errors/usage-errors.ts";

const route = "api/2.0/mlflow-artifacts/artifacts";

/**
 * The proxied route of a run's artifacts, below the tracking URI.
 *
 * @param artifactUri The run's `artifact_uri`, such as `mlflow-artifacts:/1/abc/artifacts`.
 * @param trackingUri Address of the server without trailing slash.
 * @throws ConfigurationError when the server does not serve them.
 */
export function artifactRoute(artifactUri: string, trackingUri: string): string {
  const proxied = /^mlflow-artifacts:(?:\/\/([^/]*))?\/*([^?#]*)$/.exec(artifactUri);
  if (proxied !== null) {
    const [, host = "", path = ""] = proxied;
    if (host === "" || host === new URL(trackingUri).host) return trim(`${route}/${encodePath(path)}`);
  }
  // A server started with --default-artifact-root and its own address.
  const own = `${trackingUri}/${route}/`;
  if (artifactUri.startsWith(own)) return trim(`${route}/${artifactUri.slice(own.length)}`);
  const scheme = /^[a-z][a-z\d+.-]+:/i.exec(artifactUri)?.[0] ?? "a folder of its own";
  throw new ConfigurationError(
    `Cannot reach the run's artifacts as they must be served by the tracking server (mlflow-artifacts:): they are kept in ${scheme}. Create the experiment without artifactLocation, on a server with --serve-artifacts (its default) and --artifacts-destination`,
  );
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function trim(path: string): string {
  return path.replace(/\/+$/, "");
}
