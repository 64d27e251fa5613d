import { tmpdir } from "node:os";
import { join } from "node:path";

/** Environment of programs in Node: only the first one strips the types of the sources and compiles them, half of a start. */
export const compileCache: Readonly<Record<"NODE_COMPILE_CACHE", string>> = {
  NODE_COMPILE_CACHE: join(tmpdir(), "tracklet-compiled"),
};
