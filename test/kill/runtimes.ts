import { join } from "node:path";
import { root } from "../../scripts/lib/root.ts";

/** Runtimes whose processes are killed. */
export type KilledRuntime = "node" | "deno" | "bun";

const flags: Record<KilledRuntime, readonly string[]> = {
  node: ["--disable-warning=ExperimentalWarning", "--conditions=tracklet-source"],
  deno: ["run", "-A", "--no-check", "--quiet"],
  bun: ["--conditions=tracklet-source"],
};

/** Executable and flags that run a TypeScript file of this repository; the executable is this process's own by default. */
export function commandOf(runtime: KilledRuntime, executable: string = process.execPath): readonly string[] {
  return [executable, ...flags[runtime]];
}

/** Those that the tests bring along. */
export function executableOf(runtime: KilledRuntime): string {
  return runtime === "node" ? process.execPath : join(root, "runtime-tests", "node_modules", ".bin", runtime);
}
