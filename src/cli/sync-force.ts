import { createClient } from "../client/client.ts";
import { ConfigurationError, isNotFoundError } from "../errors/index.ts";
import { type Destination, destinationText, isSameDestination } from "../queue/destination.ts";
import { printable } from "../internal/terminal-text.ts";
import { sqliteQueue } from "../queue/storage/sqlite.ts";
import type { QueueFile } from "./queue-file.ts";
import type { SyncTarget } from "./sync-target.ts";

/** Runs that are named. */
const SHOWN = 20;
const RUN_ID_TAG = "mlflow.tracklet.runId";

/** Runs of a file of which a part is on the server that it was made for, and that another server does not know. */
export type HalfDelivered = QueueFile["runs"];

/**
 * Makes sure that a file may be sent to a server: to the one that it was made for, or, when that is meant, to another.
 * From then on it is that one's, unless a part of a run is on the old one.
 *
 * @returns The runs that cannot go there: they stay in the file.
 * @throws ConfigurationError when the file was made for another server, and `force` is not given.
 */
export async function checkDestination(file: QueueFile, target: SyncTarget, force: boolean): Promise<HalfDelivered> {
  const { name, destination, runs } = file;
  if (!destination || isSamePlace(destination, target.destination)) return [];
  if (!force) {
    throw new ConfigurationError(
      `Cannot send "${name}" to ${destinationText(target.destination)} as it was made for ${destinationText(destination)}: send it there, or give --force to have its runs created at the new address`,
    );
  }
  const half = await halfDelivered(runs, target);
  if (half.length === 0) {
    const { partition } = destination;
    const store = await sqliteQueue({ path: name }).open();
    await store.assign({ ...target.destination, ...(partition === undefined ? {} : { partition }) }, true);
    await store.close();
  }
  return half;
}

/** One sentence for people, with the count and the names. */
export function halfDeliveredText(half: HalfDelivered, { destination }: QueueFile): string {
  const names = half.slice(0, SHOWN).map(({ name, runId, run }) => `"${printable(name ?? runId ?? run)}"`);
  const more = half.length > SHOWN ? ` and ${half.length - SHOWN} more` : "";
  const where = destination ? destinationText(destination) : "another server";
  return `Not sent, as a part of it is on ${where} already: ${half.length} ${half.length === 1 ? "run" : "runs"} (${names.join(", ")}${more})`;
}

/** The same server under another name has these runs, with our tag. */
async function halfDelivered(runs: QueueFile["runs"], { connection }: SyncTarget): Promise<HalfDelivered> {
  const client = createClient(connection);
  const half: QueueFile["runs"][number][] = [];
  for (const run of runs) {
    if (run.runId === undefined) continue;
    const found = await client.runs.get(run.runId).catch((error: unknown) => {
      // What the server does not say is decided when the run's turn comes, which then waits.
      if (isNotFoundError(error)) return undefined;
      throw error;
    });
    if (found?.data.tags[RUN_ID_TAG] !== run.run) half.push(run);
  }
  return half;
}

/** Whose data it is does not matter to a person who sends it by hand. */
function isSamePlace({ uri, workspace }: Destination, target: Destination): boolean {
  return isSameDestination({ uri, ...(workspace === undefined ? {} : { workspace }) }, target);
}
