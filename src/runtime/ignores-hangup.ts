import { builtin } from "./builtin.ts";

const file = "/proc/self/status";

interface DenoLike {
  readonly permissions: { querySync(of: { name: "read"; path: string }): { readonly state: string } };
}

/** Whether the process was started with SIGHUP ignored, as by `nohup`; undefined where nobody tells. */
export function ignoresHangup(): boolean | undefined {
  const { Deno } = globalThis as { Deno?: DenoLike };
  try {
    // A question on the terminal would be worse than not to know.
    if (Deno && Deno.permissions.querySync({ name: "read", path: file }).state !== "granted") return undefined;
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(builtin("node:fs")?.readFileSync(file, "utf8") ?? "")?.[1];
    // The signals by their numbers, of which SIGHUP is the first.
    return mask === undefined ? undefined : Number.parseInt(mask.slice(-1), 16) % 2 === 1;
  } catch {
    return undefined;
  }
}
