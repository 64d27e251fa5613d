import { builtin } from "../../runtime/builtin.ts";
import { localFiles } from "../../runtime/local-files.ts";
import { type FileBody, ofFile } from "../chunk/file-body.ts";
import { fileBody } from "../chunk/file-state.ts";

/** Where the bodies of artifacts lie that a database should not hold. */
export interface Spool {
  /** Writes a body whole or not at all, over one of the same name. */
  write(name: string, body: Blob): Promise<void>;
  /** Notes where a file lies that is not copied, and gives the name of the note; left out where there are no files. */
  refer?(name: string, file: FileBody): Promise<string>;
  /** The body, read from disk when it is consumed; undefined when it is gone or has another size. */
  open(name: string, size: number, type: string): Promise<Blob | undefined>;
  has(name: string): boolean;
  /** Never fails: what stays is swept at the next open. */
  remove(name: string): void;
  /** Names of all that lies there since before `time`, wall time in milliseconds. */
  olderThan(time: number): readonly string[];
}

/** What a note of a file that is not copied has at the end of its name. */
const reference = ".ref";

/** A folder of files. It is made with its first file. */
export function folderSpool(directory: string): Spool {
  const fs = builtin("node:fs")!;
  const path = (name: string): string => localFiles.join(directory, name);
  return {
    write: (name, body) => localFiles.write(path(name), body.stream()),
    async refer(name, { path: from, size, modified }) {
      const note = `${name}${reference}`;
      await localFiles.write(path(note), JSON.stringify({ path: from, size, modified }));
      return note;
    },
    async open(name, size, type) {
      if (name.endsWith(reference)) return referred(path(name), type);
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

/** The file that a note leads to; undefined when it is not there any more as it was. */
async function referred(note: string, type: string): Promise<Blob | undefined> {
  const text = (await localFiles.stat(note)) && (await localFiles.readText(note));
  if (!text) return undefined;
  const known: Pick<FileBody, "path" | "size" | "modified"> = JSON.parse(text);
  const file = fileBody(localFiles, known, true);
  if (!(await file.isUnchanged())) return undefined;
  const blob = await localFiles.open(known.path);
  return ofFile(type === "" ? blob : blob.slice(0, known.size, type), file);
}
