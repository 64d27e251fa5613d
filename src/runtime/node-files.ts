import type { ReadableStream as NodeStream } from "node:stream/web";
import type { Files, FileStat } from "./ports/files.ts";

const fs = process.getBuiltinModule("node:fs");
const paths = process.getBuiltinModule("node:path");

/** Follows {@link Files.stat}. */
export async function stat(path: string): Promise<FileStat | undefined> {
  try {
    const found = await fs.promises.stat(path);
    return {
      isDirectory: found.isDirectory(),
      isFile: found.isFile(),
      size: found.size,
      modified: Math.floor(found.mtimeMs),
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Follows {@link Files.open}. Bun makes a Blob of what is not there, so that is asked first; Deno's own reads it all. */
export async function open(path: string): Promise<Blob> {
  await fs.promises.access(path, fs.constants.R_OK);
  if (process.versions["deno"] === undefined) return (await fs.openAsBlob(path)) as Blob;
  const { FileBlob } = await import("./file-blob.ts");
  return new FileBlob(path, 0, (await fs.promises.stat(path)).size);
}

/** Follows {@link Files.readText}. */
export const readText: Files["readText"] = (path) => fs.promises.readFile(path, "utf8");

/** Follows {@link Files.list}. */
export async function list(directory: string): Promise<{ name: string; isDirectory: boolean; isFile: boolean }[]> {
  const entries = await fs.promises.readdir(directory, { withFileTypes: true });
  return entries
    .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory(), isFile: entry.isFile() }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Follows {@link Files.makeDirectory}. */
export async function makeDirectory(path: string): Promise<void> {
  await fs.promises.mkdir(path, { recursive: true });
}

let serial = 0;

/** Follows {@link Files.write}. The temporary name lies beside the target, as a rename works within one disk only. */
export async function write(path: string, data: Parameters<Files["write"]>[1]): Promise<void> {
  await makeDirectory(paths.dirname(path));
  const temporary = `${path}.${process.pid}-${serial++}.tmp`;
  try {
    const content = data instanceof ReadableStream ? (data as unknown as NodeStream<Uint8Array>) : data;
    await fs.promises.writeFile(temporary, content, { flag: "wx" });
    await fs.promises.rename(temporary, path);
  } catch (error) {
    await fs.promises.rm(temporary, { force: true });
    throw error;
  }
}
