import { hostAndPortOf } from "../client/tracking-uri.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";

/** Where runs are kept: a server, or a SQLite file of this machine. */
export type TrackingPlace =
  | { readonly kind: "server"; readonly trackingUri: string }
  | { readonly kind: "database"; readonly path: string };

/**
 * Tells a server's address from a local database, by MLflow's own forms: `http(s)://...`, `sqlite:///relative.db`,
 * `sqlite:////absolute.db`.
 *
 * @throws ConfigurationError for MLflow's other stores, with what to use instead. The message holds no credentials.
 */
export function parseTrackingPlace(uri: string): TrackingPlace {
  const text = uri.trim();
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "sqlite") return { kind: "database", path: sqlitePath(text) };
  if (text === "") {
    throw new ConfigurationError(
      'Cannot use the tracking URI as it is empty: leave trackingUri out for the file mlflow.db of the directory, or give an http(s) address or "sqlite:///mlflow.db"',
    );
  }
  const named = /^(databricks|uc)$/i.test(text) || hostAndPortOf(text) !== undefined;
  if (scheme === undefined && !named) throw fileStore(`"${shown(text)}"`);
  if (scheme === "file") throw fileStore('a "file:" address');
  if (scheme !== undefined && /^(postgres(ql)?|mysql|mssql|oracle)\b/.test(scheme)) {
    throw new ConfigurationError(
      `Cannot open a "${scheme}:" database directly: start "mlflow server --backend-store-uri ${scheme}://..." and use its http address`,
    );
  }
  // Everything else is an address of a server, or refused where trackers are made, in words of its own.
  return { kind: "server", trackingUri: text };
}

/** The file in `sqlite:///file`, as SQLAlchemy reads it: three slashes for a relative path, four for an absolute one. */
function sqlitePath(uri: string): string {
  const path = /^sqlite:\/\/\/([^?#]+)$/i.exec(uri.trim())?.[1];
  if (path === undefined || path === ":memory:") {
    throw new ConfigurationError(
      `Cannot open "${shown(uri.trim())}" as it must name a file: "sqlite:///mlflow.db" for one in this directory, "sqlite:////data/mlflow.db" for an absolute path`,
    );
  }
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What of an address may be shown: credentials may stand before an "@" and in a query. */
function shown(text: string): string {
  if (text.includes("@")) return `${/^(?:sqlite:)?\/*/i.exec(text)?.[0]}...`;
  return text.replace(/([?#]).*$/s, "$1...");
}

function fileStore(value: string): ConfigurationError {
  return new ConfigurationError(
    `Cannot use a folder as tracking URI as it must be an http(s) address or "sqlite:///mlflow.db": current value is ${value}. Runs of MLflow's older file store move with "mlflow migrate-filestore --source ./mlruns --target sqlite:///mlflow.db"`,
  );
}
