import type { FileInfo } from "../types/entities.ts";
import type { FileWire } from "../wire/types.ts";

/** Entries of a directory, with paths relative to the artifact root; some servers tell their own names only. */
export function toFileInfos(files: readonly FileWire[], directory: string): FileInfo[] {
  return files.map(({ path: name, is_dir: isDirectory, file_size: size }) => ({
    path: directory === "" || name.startsWith(`${directory}/`) ? name : `${directory}/${name}`,
    isDirectory,
    size: isDirectory ? undefined : (size ?? 0),
  }));
}

/** The body of an upload and what says its type. */
export function uploadBody(body: Blob | Uint8Array<ArrayBuffer> | string): {
  readonly body: Blob | Uint8Array<ArrayBuffer> | string;
  readonly headers: Record<string, string>;
} {
  return {
    // Deno streams an empty Blob without a length.
    body: body instanceof Blob && body.size === 0 ? "" : body,
    headers: { "content-type": (body instanceof Blob && body.type) || "application/octet-stream" },
  };
}
