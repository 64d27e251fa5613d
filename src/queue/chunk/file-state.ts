import { isUnreadable } from "../../internal/unreadable.ts";
import type { Files, FileStat } from "../../runtime/ports/files.ts";
import { type FileBody, fileOf } from "./file-body.ts";

/** A file as it is when it is logged. */
export function fileBody(
  files: Pick<Files, "stat">,
  { path, size, modified }: Pick<FileStat, "size" | "modified"> & { readonly path: string },
  inPlace: boolean,
): FileBody {
  const isUnchanged = async (): Promise<boolean> => {
    const now = await files.stat(path).catch(() => undefined);
    return now?.size === size && now.modified === modified;
  };
  return { path, size, modified, inPlace, isUnchanged };
}

/** A file that changed is not what was logged, and may be in two halves of different age: never one or the other is sent. */
export async function isTorn(blob: Blob): Promise<boolean> {
  return (await fileOf(blob)?.isUnchanged()) === false;
}

/** A Blob whose bytes can be read, as far as its first one tells. */
export async function isGiven(blob: Blob): Promise<boolean> {
  return blob
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

/** A Blob of a file that somebody opened, and wrote or removed since, gives no byte any more: it never will. */
export async function isLost(blob: Blob): Promise<boolean> {
  return blob
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => false,
      // Bun says it as the file system does.
      (error: unknown) => isUnreadable(error) || (error as { code?: unknown })?.code === "ENOENT",
    );
}
