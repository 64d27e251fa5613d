import { checkedPath } from "./artifact-path.ts";
import {
  type ArtifactContent,
  type ArtifactEntry,
  ArtifactError,
  type ArtifactStat,
  type ArtifactStore,
  type ByteRange,
} from "./artifact-store.ts";
import { byCodePoint } from "./code-point-order.ts";
import { type R2Bucket, type R2Entry, writeObject } from "./r2-write.ts";

const PAGE = 1_000;
const longestName = 255;
/** R2's bound for a key. */
const longestKey = 1_024;
const utf8: TextEncoder = new TextEncoder();

/** Where in a bucket artifacts lie. */
export interface R2ArtifactsOptions {
  /** What all keys start with, so that a bucket can hold other things as well. @default "" */
  readonly prefix?: string;
}

/**
 * Artifacts of the embedded server in a bucket of Cloudflare R2: one object a file, its path as the key. An upload of
 * known length is streamed; one that does not say how long it is goes up in parts of 8 MiB. Nothing of an upload that
 * breaks off is ever seen.
 *
 * @param bucket The R2 binding, such as `env.ARTIFACTS`.
 *
 * @example
 * ```ts no-run
 * import { type R2Bucket, r2Artifacts, TrackletServer } from "tracklet/workers";
 *
 * export class Experiments extends TrackletServer<{ ARTIFACTS: R2Bucket }> {
 *   override options() {
 *     return { artifacts: r2Artifacts(this.env.ARTIFACTS), security: { allowedHosts: ["mlflow.example"] } };
 *   }
 * }
 * ```
 */
export function r2Artifacts(bucket: R2Bucket, { prefix = "" }: R2ArtifactsOptions = {}): ArtifactStore {
  return new R2Artifacts(bucket, prefix === "" ? "" : `${prefix.replace(/\/+$/, "")}/`);
}

class R2Artifacts implements ArtifactStore {
  readonly #bucket: R2Bucket;
  readonly #prefix: string;

  constructor(bucket: R2Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async stat(path: string): Promise<ArtifactStat | undefined> {
    const found = path === "" ? null : await this.#bucket.head(this.#key(path));
    if (found) {
      return { isDirectory: false, size: found.size, modified: found.uploaded.getTime(), etag: found.etag };
    }
    return (await this.#isDirectory(path)) ? { isDirectory: true, size: 0, etag: "directory" } : undefined;
  }

  async list(path: string): Promise<ArtifactEntry[]> {
    const prefix = this.#below(path);
    const entries: ArtifactEntry[] = [];
    for await (const { objects, delimitedPrefixes } of this.#pages(prefix, "/")) {
      for (const { key, size } of objects) entries.push({ name: key.slice(prefix.length), isDirectory: false, size });
      for (const key of delimitedPrefixes) {
        entries.push({ name: key.slice(prefix.length, -1), isDirectory: true, size: 0 });
      }
    }
    return entries.sort((a, b) => byCodePoint(a.name, b.name));
  }

  async read(path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const part = range && { range: { offset: range.start, length: range.end - range.start + 1 } };
    const found = await this.#bucket.get(this.#key(path), part);
    if (!found) throw new ArtifactError("not-found", `No such artifact: '${path}'`);
    return found.body as ReadableStream<Uint8Array<ArrayBuffer>>;
  }

  async write(path: string, content: ArtifactContent, size?: number): Promise<void> {
    const key = this.#key(path);
    await this.#refuseConflict(path);
    await writeObject(this.#bucket, key, content, size);
  }

  async delete(path: string): Promise<void> {
    if (path !== "") await this.#bucket.delete(this.#key(path));
    // Each page is deleted before the next is asked for, from the beginning: a cursor may not outlive what it points at.
    for (let more = true; more; ) {
      const { objects, truncated } = await this.#bucket.list({ prefix: this.#below(path), limit: PAGE });
      if (objects.length > 0) await this.#bucket.delete(objects.map(({ key }) => key));
      more = truncated;
    }
  }

  #key(path: string): string {
    return this.#prefix + checkedPath(path);
  }

  #below(path: string): string {
    return checkedPath(path) === "" ? this.#prefix : `${this.#key(path)}/`;
  }

  async *#pages(
    prefix: string,
    delimiter: string,
  ): AsyncGenerator<{ readonly objects: readonly R2Entry[]; readonly delimitedPrefixes: readonly string[] }> {
    for (let cursor: string | undefined; ; ) {
      const page = await this.#bucket.list({ prefix, delimiter, limit: PAGE, ...(cursor !== undefined && { cursor }) });
      yield page;
      if (!page.truncated) return;
      cursor = page.cursor;
    }
  }

  async #isDirectory(path: string): Promise<boolean> {
    if (path === "") return true;
    const { objects } = await this.#bucket.list({ prefix: this.#below(path), limit: 1 });
    return objects.length > 0;
  }

  /** A bucket has no directories: what a file system would refuse, so that a store can move to one, is refused here. */
  async #refuseConflict(path: string): Promise<void> {
    const segments = path.split("/");
    const size = (text: string): number => utf8.encode(text).byteLength;
    if (segments.some((segment) => size(segment) > longestName) || size(this.#key(path)) > longestKey) {
      throw new ArtifactError(
        "conflict",
        `Cannot write "${path}": a name must have at most ${longestName} bytes, and a path at most ${longestKey}`,
      );
    }
    if (await this.#isDirectory(path)) {
      throw new ArtifactError("conflict", `Cannot write "${path}" as a file: it must not be a directory`);
    }
    const parents = segments.slice(1).map((_, n) => segments.slice(0, n + 1).join("/"));
    const found = await Promise.all(parents.map((parent) => this.#bucket.head(this.#key(parent))));
    const file = parents.find((_, n) => found[n] !== null);
    if (file !== undefined) {
      throw new ArtifactError(
        "conflict",
        `Cannot write "${path}" below "${file}": that must be a directory and is a file`,
      );
    }
  }
}
