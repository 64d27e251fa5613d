import { builtin } from "./builtin.ts";

/** Takes a folder away with all that is in it; nothing happens where it is not there. */
export async function removeFolder(path: string): Promise<void> {
  await builtin("node:fs")?.promises.rm(path, { recursive: true, force: true });
}
