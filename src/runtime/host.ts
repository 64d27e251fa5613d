import type { HostQuestion } from "./node-host.ts";
import type { Host } from "./ports/host.ts";
import type { Spawn } from "./ports/spawn.ts";
import type { Runtime } from "./runtime.ts";

interface DenoGlobal {
  readonly permissions: { querySync(descriptor: { name: string; kind?: string }): { readonly state: string } };
}

/** Asks whether a permission of Deno was given, so that nothing here ever makes it prompt. */
function granted(name: string, kind?: string): boolean {
  const { Deno } = globalThis as unknown as { Deno: DenoGlobal };
  return Deno.permissions.querySync({ name, ...(kind !== undefined && { kind }) }).state === "granted";
}

const isLocal = ({ name, files }: Runtime): boolean =>
  files !== undefined && (name === "node" || name === "bun" || name === "deno");

/** The facts of the host of a runtime. Not part of the runtime itself, which every bundle carries. */
export async function hostOf(runtime: Runtime): Promise<Host> {
  if (runtime.host !== undefined) return runtime.host;
  if (!isLocal(runtime)) return (await import("./web-host.ts")).webHost;
  const { nodeHost } = await import("./node-host.ts");
  const may = (question: HostQuestion): boolean =>
    runtime.name !== "deno" || (question === "env" ? granted("env") : granted("sys", question));
  return nodeHost(may);
}

/** What runs other programs in a runtime; undefined where nothing may. */
export async function spawnOf(runtime: Runtime): Promise<Spawn | undefined> {
  if (runtime.spawn !== undefined) return runtime.spawn;
  // A child gets the whole environment, which Deno must have been allowed to read.
  if (!isLocal(runtime) || (runtime.name === "deno" && !(granted("run") && granted("env")))) return undefined;
  return (await import("./node-spawn.ts")).nodeSpawn;
}
