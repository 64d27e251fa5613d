import { isUnreadable } from "../../internal/unreadable.ts";
import { fileOf } from "../chunk/file-body.ts";
import { isGiven, isTorn } from "../chunk/file-state.ts";
import type { Spool } from "./spool.ts";
import type { SpooledBlob } from "./sqlite-rows.ts";

/** Says of a body that it cannot be read as it was logged, and never will be. */
export interface Unread {
  readonly unread: unknown;
}

/** Keeps the body of an artifact: its bytes, or where its file lies. Of one that cannot be read it keeps nothing. */
export async function keepBody(spool: Spool, name: string, blob: Blob): Promise<SpooledBlob | Unread> {
  const { size, type } = blob;
  const file = fileOf(blob);
  if (file?.inPlace && spool.refer) {
    if (await isTorn(blob)) return { unread: undefined };
    return { file: await spool.refer(name, file), blobBytes: 0, type };
  }
  let unread: Unread | undefined;
  try {
    await spool.write(name, blob);
  } catch (error) {
    if (!isUnreadable(error) && !(await isTorn(blob)) && (await isGiven(blob))) throw error;
    unread = { unread: error };
  }
  if (!unread && (await isTorn(blob))) unread = { unread: undefined };
  if (!unread) return { file: name, blobBytes: size, type };
  spool.remove(name);
  return unread;
}

/** Keeps of a body that is gone that it is: one of another size says so. */
export async function keepGone(spool: Spool, name: string, { size, type }: Blob): Promise<SpooledBlob> {
  await spool.write(name, new Blob([size === 0 ? "gone" : ""]));
  return { file: name, blobBytes: size, type };
}
