import { ArtifactError } from "./artifact-store.ts";

/** The parts of Node's library that a folder of artifacts needs. */
export interface FileSystem {
  readonly fs: typeof import("node:fs/promises");
  readonly paths: typeof import("node:path");
}

/**
 * The path of `path` below `root` on disk, links resolved as far as it exists.
 * @throws ArtifactError `refused` when that leads out of the root, or when this platform cannot hold such a name.
 */
export async function confine({ fs, paths }: FileSystem, root: string, path: string): Promise<string> {
  if (paths.sep === "\\" && /[\\:*?"<>|]/u.test(path)) {
    throw new ArtifactError("refused", `Cannot use "${path}" as an artifact path: Windows has no such file names`);
  }
  const realRoot = await realOrSelf(fs, paths.resolve(root));
  const segments = path === "" ? [] : path.split("/");
  let at = realRoot;
  for (const [index, segment] of segments.entries()) {
    const next = paths.join(at, segment);
    const real = await fs.realpath(next).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (real === undefined) {
      if (await isLink(fs, next)) throw outside(path); // a link to nowhere: writing through it would make its target
      return paths.join(next, ...segments.slice(index + 1));
    }
    if (real !== realRoot && !real.startsWith(realRoot.endsWith(paths.sep) ? realRoot : realRoot + paths.sep))
      throw outside(path);
    at = real;
  }
  return at;
}

function outside(path: string): ArtifactError {
  return new ArtifactError(
    "refused",
    `Cannot use "${path}" as an artifact path: it must stay inside the artifact folder`,
  );
}

async function realOrSelf(fs: FileSystem["fs"], path: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch (error) {
    if (isMissing(error)) return path;
    throw error;
  }
}

async function isLink(fs: FileSystem["fs"], path: string): Promise<boolean> {
  try {
    return (await fs.lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Nothing is there: also when a file stands where a directory would be, or the name is too long for any file. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, ["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);
}

/** Something else is there, or nothing can be. */
export function isConflict(error: unknown): boolean {
  return hasCode(error, ["ENOTDIR", "EISDIR", "EEXIST", "ENOTEMPTY", "ENAMETOOLONG"]);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** A name below a path; "" is the root. */
export function joined(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}
