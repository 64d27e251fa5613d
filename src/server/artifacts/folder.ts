import { ConfigurationError } from "../../errors/usage-errors.ts";
import { checkedPath } from "./artifact-path.ts";
import {
  type ArtifactContent,
  type ArtifactEntry,
  ArtifactError,
  type ArtifactStat,
  type ArtifactStore,
  type ByteRange,
} from "./artifact-store.ts";
import { chunksOf } from "./byte-stream.ts";
import { byCodePoint } from "./code-point-order.ts";
import { type FileHandle, fileStream } from "./file-stream.ts";
import { isPartial, partialName, sweepPartials } from "./partial-files.ts";
import { confine, type FileSystem, isConflict, isMissing, joined } from "./confine.ts";

/**
 * Artifacts as files below a folder, laid out as MLflow lays them out; MLflow may read and write there too. Nothing
 * outside the folder is reachable, not through links either. A file appears whole, by renaming.
 * Needs a file system: Node, Deno, Bun.
 *
 * @param directory Path of the folder; it is made by the first upload.
 * @example
 * ```ts
 * import { createServer, folderArtifacts } from "tracklet/server";
 *
 * const server = createServer({ database: "mlflow.db", artifacts: folderArtifacts("./mlartifacts") });
 * ```
 */
export function folderArtifacts(directory: string): ArtifactStore {
  return new FolderArtifacts(directory);
}

class FolderArtifacts implements ArtifactStore {
  readonly #directory: string;
  #loaded: FileSystem | undefined;
  #swept: string | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async stat(path: string): Promise<ArtifactStat | undefined> {
    const { fs } = this.#system();
    try {
      const found = await fs.stat(await this.#inside(path));
      const modified = Math.floor(found.mtimeMs);
      const etag = `${Math.floor(found.mtimeMs * 1000).toString(16)}-${found.size.toString(16)}-${found.ino.toString(16)}`;
      if (found.isDirectory()) return { isDirectory: true, size: 0, modified, etag };
      return found.isFile() ? { isDirectory: false, size: found.size, modified, etag } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async list(path: string): Promise<ArtifactEntry[]> {
    const { fs } = this.#system();
    let names: string[];
    try {
      const directory = await this.#inside(path);
      names = await fs.readdir(directory);
      await sweepPartials(this.#system(), directory, names);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
    const visible = names.filter((name) => !isPartial(name));
    const entries = await Promise.all(visible.map((name) => this.#entry(path, name)));
    return entries.filter((entry) => entry !== undefined).sort((a, b) => byCodePoint(a.name, b.name));
  }

  async read(path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return fileStream(this.#system(), await this.#inside(path), path, range);
  }

  async write(path: string, content: ArtifactContent, size?: number): Promise<void> {
    const { fs, paths } = this.#system();
    try {
      await fs.mkdir(paths.resolve(this.#directory), { recursive: true });
      const target = await this.#inside(path);
      const parent = paths.dirname(target);
      const made = await fs.mkdir(parent, { recursive: true });
      await this.#inside(path); // the parents exist now: none of them is a link that climbs out
      await this.#sweep(parent);
      const { temporary, handle } = await this.#openTemporary(parent);
      try {
        await fill(handle, chunksOf(content, size));
        await fs.rename(temporary, target);
      } catch (error) {
        await fs.rm(temporary, { force: true });
        if (made !== undefined) await this.#removeEmpty(parent, made);
        throw error;
      }
    } catch (error) {
      if (content instanceof ReadableStream && !content.locked) await content.cancel().catch(() => undefined);
      if (!isConflict(error)) throw error;
      throw new ArtifactError(
        "conflict",
        `Cannot write "${path}" as a file: a file or directory of that name is in the way, or the name is too long`,
        { cause: error },
      );
    }
  }

  async delete(path: string): Promise<void> {
    const { fs, paths } = this.#system();
    if (checkedPath(path) === "")
      throw new ArtifactError("refused", "Cannot delete the root of the artifacts: a path must be given");
    const slash = path.lastIndexOf("/");
    try {
      // The parent is resolved and the last name is not: of a link the link goes, never what it points to.
      const parent = await this.#inside(slash < 0 ? "" : path.slice(0, slash));
      await fs.rm(paths.join(parent, path.slice(slash + 1)), { recursive: true, force: true });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Real path of an artifact; throws for what leads out of the folder. */
  #inside(path: string): Promise<string> {
    return confine(this.#system(), this.#directory, checkedPath(path));
  }

  async #entry(path: string, name: string): Promise<ArtifactEntry | undefined> {
    const found = await this.stat(joined(path, name)).catch((error: unknown) => {
      if (error instanceof ArtifactError) return undefined; // a link that leads out is not shown
      throw error;
    });
    return found === undefined ? undefined : { name, isDirectory: found.isDirectory, size: found.size };
  }

  async #openTemporary(parent: string): Promise<{ temporary: string; handle: FileHandle }> {
    const { fs, paths } = this.#system();
    for (let turn = 0; ; turn++) {
      const temporary = paths.join(parent, partialName());
      try {
        return { temporary, handle: await fs.open(temporary, "wx") };
      } catch (error) {
        // The name may be left from a process that crashed, the directory may have gone with another upload's failure.
        if (turn === 100 || !(isMissing(error) || isConflict(error))) throw error;
        await fs.mkdir(parent, { recursive: true });
      }
    }
  }

  /** Once for each directory in a row of writes to it: a run writes many files into few. */
  async #sweep(directory: string): Promise<void> {
    if (this.#swept === directory) return;
    this.#swept = directory;
    const names = await this.#system()
      .fs.readdir(directory)
      .catch(() => []);
    await sweepPartials(this.#system(), directory, names);
  }

  /** Directories that a failed upload made, from the innermost up; one that holds something stays. */
  async #removeEmpty(innermost: string, outermost: string): Promise<void> {
    const { fs, paths } = this.#system();
    for (let one = innermost; one.length >= outermost.length; one = paths.dirname(one)) {
      try {
        await fs.rmdir(one);
      } catch {
        return;
      }
    }
  }

  #system(): FileSystem {
    this.#loaded ??= loadFileSystem();
    return this.#loaded;
  }
}

async function fill(handle: FileHandle, chunks: AsyncGenerator<Uint8Array<ArrayBuffer>>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      let written = 0;
      while (written < chunk.byteLength) {
        const { bytesWritten } = await handle.write(chunk, written, chunk.byteLength - written);
        written += bytesWritten;
      }
    }
  } finally {
    await handle.close();
  }
}

function loadFileSystem(): FileSystem {
  const load = globalThis.process?.getBuiltinModule;
  if (load === undefined) {
    throw new ConfigurationError(
      "Cannot keep artifacts in a folder here: this runtime has no file system; use memoryArtifacts()",
    );
  }
  return { fs: load("node:fs/promises"), paths: load("node:path") };
}
