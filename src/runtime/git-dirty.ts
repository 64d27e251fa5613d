import type { GitHead } from "./git-head.ts";
import type { Files, FileStat } from "./ports/files.ts";

/** What git's index says of one file of the working tree. */
interface IndexEntry {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly size: number;
}

/** Files that are looked at; beyond that nothing is said, as it would take too long. */
const MOST = 5_000;
const SPECIAL = 0xe000;

/**
 * Whether tracked files differ from the last commit, told from git's index and the files' sizes and times, without a
 * child process: true when a file has changed since git last looked or something is staged, false when nothing has,
 * undefined when it cannot be told.
 */
export async function gitDirty(
  index: Uint8Array,
  stat: (path: string) => Promise<FileStat | undefined>,
): Promise<boolean | undefined> {
  const read = readIndex(index);
  if (read === undefined || read.entries.length > MOST) return undefined;
  for (const { path, modified, size } of read.entries) {
    const now = await stat(path);
    // A file that was touched and not changed counts as changed: git would have to read it to know.
    if (now === undefined || now.size % 2 ** 32 !== size || Math.abs(now.modified - modified) > 1) return true;
  }
  return read.staged;
}

/** The same for the working tree of a head; undefined where there is none, or it may not be read. */
export async function treeDirty(files: Files, { root, home }: GitHead): Promise<boolean | undefined> {
  if (root === undefined || home === undefined) return undefined;
  try {
    const index = new Uint8Array(await (await files.open(files.join(home, "index"))).arrayBuffer());
    return await gitDirty(index, (path) => files.stat(files.join(root, path)));
  } catch {
    return undefined;
  }
}

/** Versions 2 and 3 of the format (git's `index-format` document); undefined for others. */
function readIndex(bytes: Uint8Array): { entries: IndexEntry[]; staged: boolean | undefined } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0) !== 0x44495243) return undefined;
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) return undefined;
  const entries: IndexEntry[] = [];
  const text = new TextDecoder();
  let at = 12;
  for (let left = view.getUint32(8); left > 0; left--) {
    if (at + 62 > bytes.length) return undefined;
    const modified = view.getUint32(at + 8) * 1000 + view.getUint32(at + 12) / 1e6;
    const mode = view.getUint32(at + 24);
    const size = view.getUint32(at + 36);
    const flags = view.getUint16(at + 60);
    const start = at + 62 + (version === 3 && (flags & 0x4000) !== 0 ? 2 : 0);
    const end = bytes.indexOf(0, start);
    if (end === -1) return undefined;
    // Links and submodules are of no size that could be compared.
    if ((mode & 0xf000) < 0xa000 && mode !== SPECIAL) {
      entries.push({ path: text.decode(bytes.subarray(start, end)), modified, size });
    }
    // Filled with 1 to 8 zeros to a multiple of 8.
    at += Math.ceil((end - at + 1) / 8) * 8;
  }
  return { entries, staged: isStaged(bytes, view, at) };
}

/** Git forgets the tree that the index would become with each thing that is staged, and knows it after a commit. */
function isStaged(bytes: Uint8Array, view: DataView, start: number): boolean | undefined {
  for (let at = start; at + 8 <= bytes.length - 20; at += 8 + view.getUint32(at + 4)) {
    if (view.getUint32(at) !== 0x54524545) continue;
    // The root has an empty path, then the number of its entries as text: -1 when it is forgotten.
    return bytes[at + 9] === 0x2d;
  }
  return undefined;
}
