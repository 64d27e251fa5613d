import { ConfigurationError } from "../errors/usage-errors.ts";
import type { Files } from "../runtime/ports/files.ts";
import { fileLocks } from "../queue/storage/sqlite-locks.ts";
import type { Locks } from "../runtime/ports/locks.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { folderArtifacts } from "../server/artifacts/folder.ts";
import { createServer } from "../server/server.ts";
import { detectLayout } from "./artifact-layout.ts";
import { type EmbeddedServer, embeddedUri } from "./embedded.ts";
import { hasOlderFileStore, olderFileStoreNotice } from "./older-file-store.ts";
import { takeTurns } from "./take-turns.ts";

/** Which files a local store is made of. */
export interface LocalStore {
  readonly directory: string | undefined;
  /** Path of the database, absolute or from the directory. */
  readonly database: string;
}

/** A server over files of this machine. */
export interface LocalServer extends EmbeddedServer {
  /** Absolute paths of the database with its journals, and of the folder of artifacts. */
  readonly ownPaths: readonly string[];
  /** Locks of all processes that use the database; nothing is made before the first is taken. */
  readonly locks: Locks;
}

/** Opens MLflow's local store of a folder: the same files that Python's local mode uses there. */
export async function openLocalServer(store: LocalStore, runtime: Runtime): Promise<LocalServer> {
  const files = runtime.files;
  if (files === undefined) {
    throw new ConfigurationError(
      'Cannot open a local store as there is no file system here: import openTracker from "tracklet/browser", or pass the http(s) address of a server as trackingUri',
    );
  }
  const directory = files.resolve(store.directory ?? ".");
  const database = isAbsolute(store.database) ? store.database : files.join(directory, store.database);
  await makeDirectory(files, directory);
  const isNew = (await files.stat(database)) === undefined;
  if (isNew && (await hasOlderFileStore(files, directory))) {
    runtime.terminal.writeError(olderFileStoreNotice(directory));
  }
  const runs = files.join(directory, "mlruns");
  const layout = detectLayout(database, { served: files.join(directory, "mlartifacts") }) ?? {
    root: runs,
    folder: runs,
  };
  const server = createServer({
    database,
    artifacts: folderArtifacts(layout.folder),
    artifactRoot: layout.root,
    clock: runtime.clock,
    random: runtime.random,
    onError: reporter(runtime),
  });
  const locks = files.join(files.resolve(database), "..", ".tracklet", "locks");
  let closed = false;
  return {
    trackingUri: embeddedUri,
    ownPaths: [...["", "-wal", "-shm", "-journal"].map((end) => files.resolve(database) + end), layout.folder, locks],
    locks: fileLocks(locks),
    // A request that waited for its turn may find the store closed: that is no fault of the store to be told.
    fetch: takeTurns((request) =>
      closed ? Promise.reject(new TypeError("the local store is closed")) : server.fetch(request),
    ),
    close: async () => {
      if (closed) return;
      closed = true;
      server.close();
    },
  };
}

/** A full disk or a file that became read-only is told once: clients see a bare 500, and there is no other log. */
function reporter({ terminal }: Runtime): (error: unknown) => void {
  const told = new Set<string>();
  return (error) => {
    const message = error instanceof Error ? error.message : String(error);
    if (told.has(message)) return;
    told.add(message);
    terminal.writeError(`tracklet: the local store failed: ${message}\n`);
  };
}

function isAbsolute(path: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:[\\/])/.test(path);
}

async function makeDirectory(files: Files, directory: string): Promise<void> {
  try {
    await files.makeDirectory(directory);
  } catch (error) {
    if ((await files.stat(directory).catch(() => undefined))?.isDirectory === false) {
      throw new ConfigurationError(
        `Cannot use "${directory}" as the directory of the local store as it is a file: give the folder that shall hold mlflow.db`,
        { cause: error },
      );
    }
    throw new ConfigurationError(
      `Cannot make the directory "${directory}" for the local store: check the path and that you may write there`,
      { cause: error },
    );
  }
}
