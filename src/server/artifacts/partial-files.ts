import { platformClock } from "../../runtime/platform-clock.ts";
import type { FileSystem } from "./confine.ts";

/** Milliseconds without a byte after which an upload is not going on any more, on whatever machine it was. */
const abandoned = 86_400_000;

/** Counts the uploads of this process. */
let uploads = 0;

/** A new name for an upload that is not whole yet; short, so that it never makes a name too long. */
export function partialName(): string {
  uploads += 1;
  return `.tracklet-${globalThis.process.pid}-${uploads}.part`;
}

/** True for a name that `partialName()` gave, in whatever process. */
export function isPartial(name: string): boolean {
  return /^\.tracklet-\d+-\d+\.part$/u.test(name);
}

/** Removes what processes that died left among `names`, the names of a directory. Never fails: it is only in the way. */
export async function sweepPartials(
  { fs, paths }: FileSystem,
  directory: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names.filter(isPartial)) {
    try {
      const path = paths.join(directory, name);
      if ((await fs.stat(path)).mtimeMs < platformClock.now() - abandoned) await fs.rm(path);
    } catch {}
  }
}
