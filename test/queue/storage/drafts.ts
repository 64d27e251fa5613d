import { encodeRequest } from "../../../src/queue/chunk/chunk-codec.ts";
import type { ChunkDraft } from "../../../src/queue/chunk/stored-chunk.ts";

/** A chunk to put: one tag, unless it says otherwise. */
export function draft(sequence: number, more: Partial<ChunkDraft> = {}): ChunkDraft {
  const body = encodeRequest([["key", `value ${sequence}`, 1]]);
  return { sequence, run: "r", kind: "tags", count: 1, sealed: true, at: Date.now(), body, ...more };
}
