import { isUnreadable } from "../../internal/unreadable.ts";
import { fileOf } from "../chunk/file-body.ts";
import { isTorn } from "../chunk/file-state.ts";
import type { Spool } from "./spool.ts";
import type { SpooledBlob } from "./sqlite-rows.ts";

/**
 * Keeps the body of an artifact: its bytes, or where its file lies. A body that nobody can read any more must not keep
 * others from their place: one of another size says that it is gone.
 */
export async function keepBody(spool: Spool, name: string, blob: Blob): Promise<SpooledBlob> {
  const { size, type } = blob;
  const file = fileOf(blob);
  if (file?.inPlace && spool.refer) return { file: await spool.refer(name, file), blobBytes: 0, type };
  let whole = true;
  try {
    await spool.write(name, blob);
  } catch (error) {
    if (!isUnreadable(error) && !(await isTorn(blob))) throw error;
    whole = false;
  }
  if (!whole || (await isTorn(blob))) await spool.write(name, new Blob([size === 0 ? "gone" : ""]));
  return { file: name, blobBytes: size, type };
}
