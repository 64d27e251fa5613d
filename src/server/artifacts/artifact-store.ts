/** What is known about one artifact path. */
export interface ArtifactStat {
  /** False for a file. */
  readonly isDirectory: boolean;
  /** Bytes; 0 for a directory. */
  readonly size: number;
  /** Last change in milliseconds since 1970, where the backing knows it. */
  readonly modified?: number | undefined;
  /** Changes whenever the content does; without quotes. */
  readonly etag: string;
}

/** One entry of a directory. */
export interface ArtifactEntry {
  /** Without directory. */
  readonly name: string;
  /** False for a file. */
  readonly isDirectory: boolean;
  /** Bytes; 0 for a directory. */
  readonly size: number;
}

/** Bytes `start` to `end` of a file, both included. */
export interface ByteRange {
  /** First byte, counted from 0. */
  readonly start: number;
  /** Last byte, included. */
  readonly end: number;
}

/** What an upload is made of: all bytes, or a stream of known or unknown length. */
export type ArtifactContent = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * Where the embedded server keeps artifacts. Paths are relative, with `/` between segments and no empty, `.` or `..`
 * segment (`1/ab12/artifacts/model/weights.bin`); the routes see to that, and a backing that meets another path refuses it.
 */
export interface ArtifactStore {
  /** Undefined when nothing is there. */
  stat(path: string): Promise<ArtifactStat | undefined>;
  /** Entries of a directory, sorted by name in code point order; none for a file and for what does not exist. "" is the root. */
  list(path: string): Promise<ArtifactEntry[]>;
  /**
   * The bytes of a file, or of a part of it.
   * @throws ArtifactError `not-found` when there is no such file.
   */
  read(path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /**
   * Writes a file whole or not at all, and makes its parents. Replaces a file that is there.
   * `size` is the promised number of bytes: a stream that ends earlier or later writes nothing.
   * @throws ArtifactError `conflict` when a file stands where a directory is needed or the reverse.
   */
  write(path: string, content: ArtifactContent, size?: number): Promise<void>;
  /** Deletes a file, or a directory with all below it; does nothing when there is none. */
  delete(path: string): Promise<void>;
}

/** Why a store refuses. */
export class ArtifactError extends Error {
  override name = "ArtifactError";
  readonly reason: "not-found" | "conflict" | "refused" | "incomplete";
  constructor(reason: ArtifactError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
