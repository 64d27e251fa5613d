import { builtin } from "../../runtime/builtin.ts";
import { localFiles } from "../../runtime/local-files.ts";

/** Where the bodies of artifacts lie that a database should not hold. */
export interface Spool {
  /** Writes a body whole or not at all, over one of the same name. */
  write(name: string, body: Blob): Promise<void>;
  /** The body, read from disk when it is consumed; undefined when it is gone or has another size. */
  open(name: string, size: number, type: string): Promise<Blob | undefined>;
  has(name: string): boolean;
  /** Never fails: what stays is swept at the next open. */
  remove(name: string): void;
  /** Names of all that lies there since before `time`, wall time in milliseconds. */
  olderThan(time: number): readonly string[];
}

/** A folder of files. It is made with its first file. */
export function folderSpool(directory: string): Spool {
  const fs = builtin("node:fs")!;
  const path = (name: string): string => localFiles.join(directory, name);
  return {
    write: (name, body) => localFiles.write(path(name), body.stream()),
    async open(name, size, type) {
      const found = await localFiles.stat(path(name));
      if (found?.size !== size) return undefined;
      const blob = await localFiles.open(path(name));
      return type === "" ? blob : blob.slice(0, size, type);
    },
    has: (name) => fs.existsSync(path(name)),
    remove(name) {
      try {
        fs.rmSync(path(name), { force: true });
      } catch {}
    },
    olderThan(time) {
      try {
        return fs.readdirSync(directory).filter((name) => fs.statSync(path(name)).mtimeMs < time);
      } catch {
        // Never made, or another process sweeps as well.
        return [];
      }
    },
  };
}
