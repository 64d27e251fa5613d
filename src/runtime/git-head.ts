import type { Environment } from "./ports/environment.ts";
import type { Files } from "./ports/files.ts";

/** The code that runs, best effort: that of the folder of the script, as MLflow takes it, else of the working directory. */
export function currentHead(files: Files, environment: Pick<Environment, "entry" | "directory">): GitHead {
  const entry = environment.entry();
  const folder = entry !== undefined && absolute(entry) ? entry.replace(/[\\/][^\\/]*$/, "") : undefined;
  try {
    return gitHead(files, folder ?? environment.directory() ?? ".");
  } catch {
    return {};
  }
}

/** What is checked out, and where. */
export interface GitHead {
  /** 40 or 64 hex digits. */
  readonly commit?: string;
  /** Absent where a commit is checked out and no branch. */
  readonly branch?: string;
  /** The folder that holds `.git`. */
  readonly root?: string;
  /** Where git keeps what is of this working tree, such as its index. */
  readonly home?: string;
}

/**
 * What is checked out in the repository around a directory, read from `.git` without a child process: loose and packed
 * refs, detached heads, worktrees. Empty when there is none or it may not be read.
 */
export function gitHead(files: Files, directory: string): GitHead {
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
    if (head !== undefined) {
      const commit = commitOf(head, home, read, files);
      const branch = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1];
      return { root: folder, home, ...(commit !== undefined && { commit }), ...(branch !== undefined && { branch }) };
    }
    const above = files.join(folder, "..");
    if (above === folder) return {};
    folder = above;
  }
  return {};
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
