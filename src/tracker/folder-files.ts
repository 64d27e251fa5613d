import { artifactPathProblem } from "../client/artifact-path.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Files } from "../runtime/ports/files.ts";
import { artifactPathIn } from "./artifact-path.ts";
import type { Core } from "./core.ts";
import { quote } from "./key.ts";

/** A local file, and the artifact that it becomes. */
export interface FolderFile {
  readonly path: string;
  readonly target: string;
}

interface Walk {
  readonly core: Core;
  readonly files: Files;
  /** Our id of the run or model that gets the files. */
  readonly run: string;
  readonly signal: AbortSignal | undefined;
  readonly found: FolderFile[];
  /** Paths that no artifact can have, by what they must. */
  readonly bad: Map<string, string[]>;
}

/** Bad paths of one kind that a message names; the rest is counted. */
const mostNamed = 100;

/**
 * The files of a directory, those in it included, before one of them is sent: half a directory would be there if a name
 * in the middle of it could not be used.
 *
 * @param prefix the artifact directory that they go to; "" is the root of the run
 * @throws ValidationError with all names that no artifact can have
 */
export async function folderFiles(
  core: Core,
  files: Files,
  run: string,
  [path, prefix]: readonly [path: string, prefix: string],
  signal: AbortSignal | undefined,
): Promise<readonly FolderFile[]> {
  const walk: Walk = { core, files, run, signal, found: [], bad: new Map() };
  await collect(walk, path, prefix);
  if (walk.bad.size === 0) return walk.found;
  const faults = [...walk.bad].map(([problem, paths]) => `${listed(paths)} must ${problem}`);
  throw new ValidationError(
    `Cannot log the artifacts of ${quote(path)} as names in it cannot be used, so nothing of it is logged: ${faults.join("; ")}; rename what is named here, or log its files one by one: logArtifact(path, directory, { name })`,
    { key: path },
  );
}

async function collect(walk: Walk, path: string, prefix: string): Promise<void> {
  const { core, files, run, signal, found, bad } = walk;
  if (isOwn(core, run, path)) return;
  for (const entry of await files.list(path)) {
    signal?.throwIfAborted();
    const inner = files.join(path, entry.name);
    if (isOwn(core, run, inner)) continue;
    if (!entry.isDirectory && !entry.isFile) {
      leftOut(core, run, inner);
      continue;
    }
    // The part above has been looked at, so only the name can be at fault.
    const problem = artifactPathProblem(entry.name);
    if (problem !== undefined) bad.set(problem, [...(bad.get(problem) ?? []), inner]);
    else if (entry.isDirectory) await collect(walk, inner, artifactPathIn(prefix, entry.name));
    else found.push({ path: inner, target: artifactPathIn(prefix, entry.name) });
  }
}

function listed(paths: readonly string[]): string {
  const named = paths.slice(0, mostNamed).map(quote).join(", ");
  return paths.length > mostNamed ? `${named} and ${paths.length - mostNamed} more` : named;
}

/** A link may lead out of the directory, and a pipe has no end. */
function leftOut({ guard }: Core, run: string, path: string): void {
  const message = `Cannot log ${quote(path)} with its directory as it must be a file: it is left out; log what a link leads to by itself`;
  guard.tell({ kind: "invalid-value", message, key: path, run });
}

/** The store would be copied into itself while it is written, and grow each time. */
function isOwn({ ownPaths, guard }: Core, run: string, path: string): boolean {
  if (!ownPaths.includes(path)) return false;
  const message = `Cannot log ${quote(path)} as an artifact as it holds the runs themselves: it is left out; log a folder of results, or open the tracker in another directory`;
  guard.tell({ kind: "invalid-value", message, key: path, run });
  return true;
}
