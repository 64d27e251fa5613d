import type { CallOptions } from "../../client/types/connection.ts";

/**
 * A table: one object per row, or one array per column. A cell may be an image (a Blob, or pixels) where all cells of its
 * column are.
 */
export type TableData = readonly Readonly<Record<string, unknown>>[] | Readonly<Record<string, readonly unknown[]>>;

/** Pixels, row by row from the top left: an `ImageData` of a canvas is one. */
export interface ImagePixels {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** `width * height * channels` bytes: grey, grey and alpha, RGB or RGBA. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Where an image goes: to a path, or into the series of a key. */
export type ImageOptions = CallOptions &
  (
    | { readonly path: string; readonly key?: undefined; readonly step?: undefined; readonly timestamp?: undefined }
    | {
        readonly path?: undefined;
        /** Letters, digits, `_`, `-`, `.`, `/` and spaces. */
        readonly key: string;
        /** An integer. @default 0 */
        readonly step?: number;
        /** Milliseconds since 1970. @default now */
        readonly timestamp?: number;
      }
  );

/** What `logArtifact` takes beside the source. */
export interface ArtifactOptions extends CallOptions {
  /** File name in the artifact directory. @default that of the file, Blob or address */
  readonly name?: string;
  /**
   * Send a local file from where it lies when its turn comes, without a copy of it: for large files that do not change. One
   * that is gone or has changed by then is not sent, and told. @default true for a file of more than
   * `delivery.maxStoredBytes`
   */
  readonly reference?: boolean;
}
