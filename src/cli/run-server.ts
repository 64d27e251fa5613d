import { resolve } from "node:path";
import { ConfigurationError } from "../errors/index.ts";
import { detectLayout } from "../open/artifact-layout.ts";
import { parseTrackingPlace } from "../open/tracking-place.ts";
import { folderArtifacts } from "../server/artifacts/folder.ts";
import { createServer } from "../server/server.ts";
import type { ServerFlags } from "./commands/server.ts";
import { type Listening, serve } from "./http/serve.ts";
import { openDatabaseFile } from "./database-file.ts";

/** Serves until SIGINT or SIGTERM. @throws ConfigurationError before it listens. */
export async function runServer(flags: ServerFlags): Promise<void> {
  const file = databaseFile(flags.backendStoreUri);
  const { root, folder } = artifactsOf(flags, file);
  const database = openDatabaseFile(file);
  let listening: Listening;
  try {
    const server = createServer({
      database,
      artifacts: folderArtifacts(folder),
      artifactRoot: root,
      security: {
        ...(flags.allowedHosts === undefined ? {} : { allowedHosts: flags.allowedHosts }),
        ...(flags.corsAllowedOrigins === undefined ? {} : { corsAllowedOrigins: flags.corsAllowedOrigins }),
      },
      onError: report,
    });
    listening = await serve(server.fetch, { host: flags.host, port: flags.port, onError: report });
  } catch (error) {
    database.close();
    throw error;
  }
  if (!isLoopback(flags.host)) process.stderr.write(openToOthers(flags.host));
  process.stdout.write(`tracklet server listening at ${listening.url}  database ${file}  artifacts ${folder}\n`);
  await stopSignal();
  await listening.close();
  database.close();
}

function databaseFile(uri: string): string {
  // The path of a file, as people give it to other programs; what may hold a password is not repeated.
  if (/^(?![a-z][a-z\d+.-]+:)[^@]+\.(db|sqlite3?)$/i.test(uri)) {
    const address = `sqlite:///${encodeURI(uri).replace(/[?#]/g, encodeURIComponent)}`;
    throw new ConfigurationError(
      `Cannot serve this --backend-store-uri as it must be "sqlite:///FILE": current value is "${uri}"; use "${address}"`,
    );
  }
  const place = parseTrackingPlace(uri);
  if (place.kind === "database") return resolve(place.path);
  throw new ConfigurationError(
    'Cannot serve this --backend-store-uri as it must be "sqlite:///FILE": for PostgreSQL or MySQL use "mlflow server"',
  );
}

/** A destination that is named is served as `mlflow server` does; otherwise a file goes on as it was begun. */
function artifactsOf(flags: ServerFlags, file: string): { root: string; folder: string } {
  const destination = flags.artifactsDestination;
  const served = resolve("mlartifacts");
  if (destination === undefined) {
    return detectLayout(file, { served }) ?? { root: "mlflow-artifacts:/", folder: served };
  }
  if (/^(?!file:)[a-z][a-z\d+.-]+:/i.test(destination)) {
    throw new ConfigurationError(
      `Cannot keep artifacts in "${destination.split(":")[0]}:" as --artifacts-destination must be a folder: for object storage use "mlflow server"`,
    );
  }
  const folder = destination.startsWith("file:")
    ? decodeURIComponent(destination.replace(/^file:(\/\/)?/i, ""))
    : destination;
  return { root: "mlflow-artifacts:/", folder: resolve(folder) };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

function openToOthers(host: string): string {
  return `Warning: everyone who reaches ${host} can read and change all runs, as this server asks for no password. Put a reverse proxy that does before it, or use --host 127.0.0.1\n`;
}

function report(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}

/** Resolves at the first signal; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolveStop) => {
    const stop = (): void => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      resolveStop();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
