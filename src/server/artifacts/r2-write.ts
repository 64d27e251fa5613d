import { joinBytes } from "../../internal/join-bytes.ts";
import type { ArtifactContent } from "./artifact-store.ts";
import { chunksOf } from "./byte-stream.ts";

/** Bytes of a part of an upload of unknown length; R2 wants at least 5 MiB, and all parts but the last alike. */
const PART = 8 * 2 ** 20;

/** What is known of an object of a bucket. */
export interface R2Entry {
  /** Its name in the bucket. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Changes with the content. */
  readonly etag: string;
  /** When it was written. */
  readonly uploaded: Date;
}

/** An upload in parts. */
export interface R2Upload {
  /** Sends a part; the first has the number 1. */
  uploadPart(number: number, part: Uint8Array): Promise<{ readonly partNumber: number; readonly etag: string }>;
  /** Makes one object of the parts. */
  complete(parts: { readonly partNumber: number; readonly etag: string }[]): Promise<unknown>;
  /** Forgets the parts. */
  abort(): Promise<void>;
}

/** The part of an R2 binding that is used here. */
export interface R2Bucket {
  /** Null when there is no such object. */
  head(key: string): Promise<R2Entry | null>;
  /** The object, or a part of it. */
  get(
    key: string,
    options?: { readonly range?: { readonly offset: number; readonly length: number } },
  ): Promise<{ readonly body: ReadableStream } | null>;
  /** Writes an object whole or not at all. A stream must be of known length. */
  put(key: string, value: Uint8Array | ReadableStream): Promise<unknown>;
  /** Does nothing for what is not there. */
  delete(keys: string | string[]): Promise<void>;
  /** Objects by name; with a `delimiter`, what lies deeper is summed up as `delimitedPrefixes`. */
  list(options: {
    readonly prefix: string;
    readonly limit: number;
    readonly delimiter?: string;
    readonly cursor?: string;
  }): Promise<{
    readonly objects: readonly R2Entry[];
    readonly delimitedPrefixes: readonly string[];
    readonly truncated: boolean;
    readonly cursor?: string;
  }>;
  /** Begins an upload in parts. */
  createMultipartUpload(key: string): Promise<R2Upload>;
}

/**
 * Writes an object whole or not at all. In one request up to 8 MiB, else in parts, so that no more than one of them is in
 * memory.
 *
 * @throws ArtifactError when fewer or more bytes come than `size` says.
 */
export async function writeObject(
  bucket: R2Bucket,
  key: string,
  content: ArtifactContent,
  size: number | undefined,
): Promise<void> {
  let upload: R2Upload | undefined;
  const parts: { readonly partNumber: number; readonly etag: string }[] = [];
  try {
    let part: Uint8Array | undefined;
    for await (const next of partsOf(content, size)) {
      if (part) {
        upload ??= await bucket.createMultipartUpload(key);
        parts.push(await upload.uploadPart(parts.length + 1, part));
      }
      part = next;
    }
    // The bytes are counted by now, and only now does anything of them come to be seen.
    if (!upload) await bucket.put(key, part ?? new Uint8Array());
    else {
      if (part) parts.push(await upload.uploadPart(parts.length + 1, part));
      await upload.complete(parts);
    }
  } catch (error) {
    await upload?.abort().catch(() => undefined);
    throw error;
  }
}

/** All bytes in parts of one size, the last one smaller; rejects at the end when there are not as many as promised. */
async function* partsOf(content: ArtifactContent, size: number | undefined): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let filled = 0;
  for await (const chunk of chunksOf(content, size)) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + PART - filled);
      pieces.push(piece);
      filled += piece.length;
      at += piece.length;
      if (filled < PART) continue;
      yield joinBytes(pieces);
      pieces = [];
      filled = 0;
    }
  }
  if (filled > 0) yield joinBytes(pieces);
}
