/** What is known about one path. */
export interface FileStat {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  /** Bytes. */
  readonly size: number;
  /** Last change in milliseconds since 1970. */
  readonly modified: number;
}

/** The local file system; undefined in the `Runtime` where there is none. Paths are the platform's own. */
export interface Files {
  /** Undefined when nothing is there. */
  stat(path: string): Promise<FileStat | undefined>;
  /** A file as a Blob that reads from disk when it is consumed, not before. */
  open(path: string): Promise<Blob>;
  readText(path: string): Promise<string>;
  /** Synchronous read for the few bytes of `.git`; undefined when missing or not allowed. Never prompts. */
  readTextSync(path: string): string | undefined;
  /** Entry names of a directory, sorted; links are named but not followed. */
  list(
    directory: string,
  ): Promise<readonly { readonly name: string; readonly isDirectory: boolean; readonly isFile: boolean }[]>;
  makeDirectory(path: string): Promise<void>;
  /** Writes a file whole or not at all: into a temporary name first, then renamed. Makes parent directories. */
  write(path: string, data: ReadableStream<Uint8Array> | Uint8Array | string): Promise<void>;
  /** False where reading and writing there would need a permission that was not given. Never prompts. */
  mayWrite(path: string): boolean;
  join(...parts: string[]): string;
  /** Absolute form of a path or `file:` URL. */
  resolve(pathOrUrl: string | URL): string;
  basename(path: string): string;
}
