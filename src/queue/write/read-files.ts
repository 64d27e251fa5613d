import { fileOf } from "../chunk/file-body.ts";
import { isLost, isTorn } from "../chunk/file-state.ts";
import type { ChunkDraft } from "../chunk/stored-chunk.ts";
import { UnreadBodyError } from "../chunk/unread-body.ts";

/** By the Blob of a file that was as it was logged: its bytes, or itself where it is sent from where it lies. */
const found = new WeakMap<Blob, { readonly sequence: number; readonly bytes: Blob }>();

/**
 * Drafts with the bytes of the files that their bodies are: a store that copies none would read them when they are sent.
 * Each is read once: when an append is repeated, nobody knows whether the one before took place.
 *
 * @throws UnreadBodyError for files that are gone, or changed since they were logged.
 */
export async function readFiles(drafts: readonly ChunkDraft[]): Promise<readonly ChunkDraft[]> {
  const unread = new Map<number, unknown>();
  const read: ChunkDraft[] = [];
  for (const draft of drafts) {
    const { blob, sequence } = draft;
    const file = blob && fileOf(blob);
    const known = blob && found.get(blob)?.sequence === sequence;
    if (blob instanceof File && !file && !known) {
      // A browser may take it all the same, and say only when it is read that it changed since a person picked it.
      if (await isLost(blob)) unread.set(sequence, undefined);
      else found.set(blob, { sequence, bytes: blob });
    } else if (file && !known) {
      try {
        const bytes = file.inPlace ? blob : new Blob([await blob.arrayBuffer()], { type: blob.type });
        if (await isTorn(blob)) unread.set(sequence, undefined);
        else found.set(blob, { sequence, bytes });
      } catch (error) {
        unread.set(sequence, error);
      }
    }
    const bytes = blob && found.get(blob)?.bytes;
    read.push(bytes ? { ...draft, blob: bytes } : draft);
  }
  if (unread.size > 0) throw new UnreadBodyError(unread);
  return read;
}
