import type { ChunkKind } from "./request.ts";

/** A chunk as its writer hands it over. */
export interface ChunkDraft {
  /** Of its writer; ascending in the order of the first put. A tail is put again under its own. Parts, and what came back from quarantine, have 0. */
  readonly sequence: number;
  /** Place that an earlier put of this sequence got, so that no index over sequences is needed. */
  readonly order?: number;
  /** Our id of the run. */
  readonly run: string;
  /** `metrics`, or what the one request is for. */
  readonly kind: ChunkKind;
  /** Number, among those of its writer, of the group of up to 100 keys that its fate is counted with. @default 0 */
  readonly bucket?: number;
  /** Points of a metrics chunk, calls of any other. */
  readonly count: number;
  /** No more will be added under this sequence. */
  readonly sealed: boolean;
  /** Wall time of the put, in milliseconds. */
  readonly at: number;
  /** Encoded by `chunk-codec.ts`: schema version, columns or request, checksum. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Body of an artifact. */
  readonly blob?: Blob;
  /** From now on its writer has the run open, or nobody has. Left out: as before. */
  readonly opens?: boolean;
  /** Not 0 for what comes from another queue and may have been sent there. @default 0 */
  readonly attempted?: number;
}

/** What is known about a stored chunk without its body. */
export interface ChunkHeader extends Omit<ChunkDraft, "body" | "blob" | "order" | "bucket" | "opens"> {
  /** As its writer numbered it; its children have the same. */
  readonly bucket: number;
  /** Id of the writer that put it. */
  readonly writer: string;
  /**
   * Place in the store-wide order. Whole for what a writer put; the children of a chunk share the place of their
   * parent as fractions, so that whatever waits for the parent waits for them.
   */
  readonly order: number;
  /** How much of the order belongs to this chunk: 1 for what a writer put. */
  readonly span: number;
  /** Bytes of the body, without the blob. */
  readonly bytes: number;
  /** Term in which a request that must not be repeated blindly was first sent, or as it was put; 0 if never. */
  readonly attempted: number;
}

/** A chunk with its body. */
export interface StoredChunk extends ChunkHeader {
  /** As it was put. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Body of an artifact; left out when it is gone. */
  readonly blob?: Blob;
  /** Bytes that a body which is gone counts for. @default 0 */
  readonly room?: number;
}

/** A chunk as its leader reads it right before it is sent. */
export interface SealedChunk extends StoredChunk {
  /** Place of the last `discard` of its run that waits, wherever it lies: what lies up to there is to be dropped. */
  readonly discardTo?: number;
}

/** A part that takes the place of a chunk, together with other parts. */
export type ChildDraft = Pick<StoredChunk, "kind" | "count" | "body" | "blob">;

/** What became of a put. */
export interface Appended {
  /** False when the stored chunk was sealed, or delivered, before: then only what it held before counts. */
  readonly stored: boolean;
  /** Place in the order; 0 when it is gone. */
  readonly order: number;
  /** Points or calls that the stored chunk holds; of one that is gone what it held, as far as that is known. */
  readonly count: number | undefined;
}

/** What is known of a quarantined chunk without its body. */
export interface QuarantinedHeader extends ChunkHeader {
  /** Why, in the words of the server where it said something. */
  readonly reason: string;
}

/** A chunk that the server refuses for good, with its words. */
export interface QuarantinedChunk extends QuarantinedHeader, StoredChunk {}
