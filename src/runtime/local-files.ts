import { builtin } from "./builtin.ts";
import type { Files } from "./ports/files.ts";

/** The adapter proper, loaded with the first file that is touched. */
const late = (): Promise<typeof import("./node-files.ts")> => import("./node-files.ts");

const path = (): NonNullable<ReturnType<typeof builtin<"node:path">>> => builtin("node:path")!;

/** The file system of Node, Deno and Bun. Thin: what is asynchronous comes from a module of its own. */
export const localFiles: Files = {
  stat: async (file) => (await late()).stat(file),
  open: async (file) => (await late()).open(file),
  readText: async (file) => (await late()).readText(file),
  list: async (directory) => (await late()).list(directory),
  makeDirectory: async (directory) => (await late()).makeDirectory(directory),
  write: async (file, data) => (await late()).write(file, data),
  readTextSync(file) {
    try {
      return builtin("node:fs")?.readFileSync(file, "utf8");
    } catch {
      return undefined;
    }
  },
  mayWrite: () => true,
  join: (...parts) => path().join(...parts),
  basename: (file) => path().basename(file),
  resolve(file) {
    const isUrl = file instanceof URL || file.startsWith("file:");
    return isUrl ? builtin("node:url")!.fileURLToPath(file) : path().resolve(file);
  },
};
