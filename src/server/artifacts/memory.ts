import { joinBytes } from "../../internal/join-bytes.ts";
import { checkedPath } from "./artifact-path.ts";
import {
  type ArtifactContent,
  type ArtifactEntry,
  ArtifactError,
  type ArtifactStat,
  type ArtifactStore,
  type ByteRange,
} from "./artifact-store.ts";
import { chunksOf, streamOf } from "./byte-stream.ts";
import { byCodePoint } from "./code-point-order.ts";

/** As long as file systems allow, so that what a test stores in memory can be stored on disk. */
const longestName = 255;
const utf8: TextEncoder = new TextEncoder();

interface MemoryFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly version: number;
}

/**
 * Artifacts in memory, gone with the process: for tests, browsers and Workers without a bucket.
 *
 * @example
 * ```ts
 * import { createServer, memoryArtifacts } from "tracklet/server";
 *
 * const server = createServer({ database: ":memory:", artifacts: memoryArtifacts() });
 * ```
 */
export function memoryArtifacts(): ArtifactStore {
  return new MemoryArtifacts();
}

class MemoryArtifacts implements ArtifactStore {
  readonly #files = new Map<string, MemoryFile>();
  #version = 0;

  async stat(path: string): Promise<ArtifactStat | undefined> {
    const file = this.#files.get(checkedPath(path));
    if (file !== undefined) return { isDirectory: false, size: file.bytes.byteLength, etag: `${file.version}` };
    return this.#isDirectory(path) ? { isDirectory: true, size: 0, etag: "directory" } : undefined;
  }

  async list(path: string): Promise<ArtifactEntry[]> {
    const prefix = checkedPath(path) === "" ? "" : `${path}/`;
    const entries = new Map<string, ArtifactEntry>();
    for (const [name, { bytes }] of this.#files) {
      if (!name.startsWith(prefix)) continue;
      const rest = name.slice(prefix.length);
      const slash = rest.indexOf("/");
      if (slash < 0) entries.set(rest, { name: rest, isDirectory: false, size: bytes.byteLength });
      else entries.set(rest.slice(0, slash), { name: rest.slice(0, slash), isDirectory: true, size: 0 });
    }
    return [...entries.values()].sort((a, b) => byCodePoint(a.name, b.name));
  }

  async read(path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const file = this.#files.get(checkedPath(path));
    if (file === undefined) throw new ArtifactError("not-found", `No such artifact: '${path}'`);
    return streamOf(range === undefined ? file.bytes : file.bytes.slice(range.start, range.end + 1));
  }

  async write(path: string, content: ArtifactContent, size?: number): Promise<void> {
    this.#refuseConflict(checkedPath(path));
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of chunksOf(content, size)) chunks.push(chunk);
    const bytes = joinBytes(chunks);
    this.#refuseConflict(path); // another upload may have come in between
    this.#version += 1;
    this.#files.set(path, { bytes, version: this.#version });
  }

  async delete(path: string): Promise<void> {
    const below = checkedPath(path) === "" ? "" : `${path}/`;
    for (const name of [...this.#files.keys()]) {
      if (name === path || name.startsWith(below)) this.#files.delete(name);
    }
  }

  #isDirectory(path: string): boolean {
    if (path === "") return true;
    for (const name of this.#files.keys()) if (name.startsWith(`${path}/`)) return true;
    return false;
  }

  #refuseConflict(path: string): void {
    const tooLong = path.split("/").find((segment) => utf8.encode(segment).byteLength > longestName);
    if (tooLong !== undefined) {
      throw new ArtifactError("conflict", `Cannot write "${path}": a name must have at most ${longestName} bytes`);
    }
    if (this.#isDirectory(path)) {
      throw new ArtifactError("conflict", `Cannot write "${path}" as a file: it must not be a directory`);
    }
    const segments = path.split("/");
    for (let length = 1; length < segments.length; length++) {
      const parent = segments.slice(0, length).join("/");
      if (!this.#files.has(parent)) continue;
      throw new ArtifactError(
        "conflict",
        `Cannot write "${path}" below "${parent}": that must be a directory and is a file`,
      );
    }
  }
}
