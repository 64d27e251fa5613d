import { fileURLToPath } from "node:url";

/** Absolute path of the repository, without a trailing separator. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
