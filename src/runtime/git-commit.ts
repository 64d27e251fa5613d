import type { Environment } from "./ports/environment.ts";
import type { Files } from "./ports/files.ts";

/** The commit of the code that runs, best effort: of the folder of the script, as MLflow takes it, else the working directory. */
export function currentCommit(files: Files, environment: Omit<Environment, "commit">): string | undefined {
  const entry = environment.entry();
  const folder = entry !== undefined && absolute(entry) ? entry.replace(/[\\/][^\\/]*$/, "") : undefined;
  try {
    return gitCommit(files, folder ?? environment.directory() ?? ".");
  } catch {
    return undefined;
  }
}

/**
 * The commit that is checked out in the repository around a directory, read from `.git` without a child process: loose and
 * packed refs, detached heads, worktrees. Undefined when there is none or it may not be read.
 */
export function gitCommit(files: Files, directory: string): string | undefined {
  const read = (...path: string[]): string | undefined => files.readTextSync(files.join(...path))?.trim();
  for (let folder = directory, depth = 0; depth < 40; depth++) {
    let home = files.join(folder, ".git");
    let head = read(home, "HEAD");
    if (head === undefined) {
      // In a worktree or a submodule `.git` is a file that names the real place.
      const link = /^gitdir: (.+)$/m.exec(read(home) ?? "")?.[1];
      if (link !== undefined) {
        home = absolute(link) ? link : files.join(folder, link);
        head = read(home, "HEAD");
      }
    }
    if (head !== undefined) return commitOf(head, home, read, files);
    const above = files.join(folder, "..");
    if (above === folder) return undefined;
    folder = above;
  }
  return undefined;
}

function commitOf(
  head: string,
  home: string,
  read: (...path: string[]) => string | undefined,
  files: Files,
): string | undefined {
  const ref = /^ref: (.+)$/.exec(head)?.[1];
  if (ref === undefined) return hash(head);
  // A worktree has a HEAD of its own and shares the refs.
  const common = read(home, "commondir");
  const shared = common === undefined ? home : absolute(common) ? common : files.join(home, common);
  const loose = read(home, ...ref.split("/")) ?? read(shared, ...ref.split("/"));
  if (loose !== undefined) return hash(loose);
  const packed = read(shared, "packed-refs")?.split("\n");
  return hash(packed?.find((line) => line.endsWith(` ${ref}`))?.split(" ")[0] ?? "");
}

function absolute(path: string): boolean {
  return /^([\\/]|[A-Za-z]:[\\/])/.test(path);
}

function hash(text: string): string | undefined {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text) ? text : undefined;
}
