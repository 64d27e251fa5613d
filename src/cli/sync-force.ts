import { basename } from "node:path";
import { ConfigurationError } from "../errors/index.ts";
import { type Destination, destinationText, isSamePlace, type Place, placeOf } from "../queue/destination.ts";
import { destinationName } from "../open/queue-identity.ts";
import { printable } from "../internal/terminal-text.ts";
import { sqliteQueue } from "../queue/storage/sqlite.ts";
import type { QueueFile } from "./queue-file.ts";
import { isEmpty } from "./sync-summary.ts";
import type { SyncTarget } from "./sync-target.ts";

/** Runs that are named. */
const SHOWN = 20;

/** Where the data of a file goes from now on. */
export interface Claimed {
  readonly destination: Destination;
  /** What it was made for, when that is another server. */
  readonly before: Destination | undefined;
}

/**
 * Makes sure that a file may be sent to a server: to the one that it was made for, or, when that is meant, to another.
 * From then on it is that one's, and whoever has it open and sends elsewhere stops.
 *
 * @throws ConfigurationError when the file was made for another server, and `force` is not given.
 */
export async function claimFile(file: QueueFile, target: SyncTarget, force: boolean): Promise<Claimed> {
  const { name, destination } = file;
  if (!destination) return { destination: target.destination, before: undefined };
  if (isSamePlace(destination, target.destination)) return { destination, before: undefined };
  if (!force) {
    throw new ConfigurationError(
      `Cannot send "${name}" to ${destinationText(target.destination)} as it was made for ${destinationText(destination)}: send it there, or give --force to have its runs created at the new address`,
    );
  }
  return { destination: await assignAnew(name, target.destination), before: destination };
}

/** Gives a file back to the server that has a part of what waits in it; gives the names of what cannot leave it. */
export async function giveBack({ before }: Claimed, file: QueueFile): Promise<QueueFile["runs"]> {
  const bound = before ? file.runs.filter(({ at }) => at && isSamePlace(at, before)) : [];
  const home = bound.length > 0 ? before : homeOf(file);
  if (home) await assignAnew(file.name, home);
  return bound;
}

/** Another server that a file is named for in which nothing waits: each program there opens it by that name. */
function homeOf({ name, counts, destination }: QueueFile): Place | undefined {
  if (!destination || !isEmpty(counts.waiting)) return undefined;
  const { former = [], partition } = destination;
  const isFor = (place: Place): boolean => basename(name, ".db") === destinationName({ ...place, partition });
  return isFor(destination) ? undefined : former.findLast(isFor);
}

/** One sentence for people, with the count and the names. */
export function boundText(bound: QueueFile["runs"], { before }: Claimed): string {
  const names = bound.slice(0, SHOWN).map(({ name, runId, run }) => `"${printable(name ?? runId ?? run)}"`);
  const more = bound.length > SHOWN ? ` and ${bound.length - SHOWN} more` : "";
  const where = before ? destinationText(before) : "another server";
  const count = `${bound.length} ${bound.length === 1 ? "run" : "runs"}`;
  return `Not sent, as a part of it, or its experiment, is on ${where}: ${count} (${names.join(", ")}${more})`;
}

/** A term of its own comes first: whoever led may send nothing more, and finds out where the data goes before it leads again. */
async function assignAnew(path: string, target: Place): Promise<Destination> {
  const store = await sqliteQueue({ path }).open();
  try {
    const term = await store.beginTerm();
    const { former = [], partition, ...old } = await store.assign(target);
    const destination = {
      ...placeOf(target),
      ...(partition === undefined ? {} : { partition }),
      former: [...former, { ...placeOf(old), term }],
    };
    await store.assign(destination, true);
    await store.endTerm(term);
    return destination;
  } finally {
    await store.close();
  }
}
