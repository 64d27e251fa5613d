import { builtin } from "./builtin.ts";
import type { SystemFigures } from "./ports/system.ts";

/** What a host may have to be asked a permission for. */
export type SystemQuestion = "cpus" | "systemMemoryInfo" | "statfs" | { readonly read: string };

/**
 * Figures by the built-in modules of Node, Deno and Bun, and by the files in which Linux tells them.
 *
 * @param may False for what would need a permission that was not given.
 */
export async function nodeFigures(may: (question: SystemQuestion) => boolean): Promise<SystemFigures> {
  const os = builtin("node:os");
  const fs = builtin("node:fs");
  const read = (path: string): string | undefined => {
    try {
      return may({ read: path }) ? fs?.readFileSync(path, "utf8") : undefined;
    } catch {
      return undefined;
    }
  };
  const parts: { [Key in keyof SystemFigures]: () => SystemFigures[Key] } = {
    cpu: () => (may("cpus") ? cpuOf(os?.cpus() ?? []) : undefined),
    memory() {
      if (os === undefined || !may("systemMemoryInfo")) return undefined;
      const total = os.totalmem();
      return { total, used: total - os.freemem() };
    },
    processMemory: () => process.memoryUsage().rss,
    disk() {
      if (fs === undefined || !may("statfs")) return undefined;
      const { bsize, blocks, bfree, bavail } = fs.statfsSync(process.cwd());
      return { used: (blocks - bfree) * bsize, available: bavail * bsize };
    },
    network: () => networkOf(read("/proc/net/dev")),
    gpus: () => gpusOf(read, (path) => (may({ read: path }) ? (fs?.readdirSync(path) ?? []) : [])),
  };
  const told = Object.entries(parts).map(([name, ask]) => [name, quietly<unknown>(ask)]);
  return Object.fromEntries(told.filter(([, figure]) => figure !== undefined)) as SystemFigures;
}

/** A figure that cannot be had stops no other. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

interface Core {
  readonly times: Readonly<Record<"user" | "nice" | "sys" | "idle" | "irq", number>>;
}

function cpuOf(cores: readonly Core[]): SystemFigures["cpu"] {
  let [busy, total] = [0, 0];
  for (const { times } of cores) {
    const used = times.user + times.nice + times.sys + times.irq;
    busy += used;
    total += used + times.idle;
  }
  return total === 0 ? undefined : { busy, total };
}

/** From Linux's table of interfaces: bytes received are the first column, bytes sent the ninth. */
function networkOf(table: string | undefined): SystemFigures["network"] {
  if (table === undefined) return undefined;
  let [received, sent] = [0, 0];
  for (const line of table.split("\n")) {
    const [name, figures] = line.split(":");
    if (figures === undefined || name?.trim() === "lo") continue;
    const columns = figures.trim().split(/\s+/).map(Number);
    received += columns[0] ?? 0;
    sent += columns[8] ?? 0;
  }
  return { received, sent };
}

/** What Linux drivers tell in files (AMD, some of Intel); NVIDIA's tells only its own programs. */
function gpusOf(
  read: (path: string) => string | undefined,
  list: (path: string) => readonly string[],
): SystemFigures["gpus"] {
  const cards = list("/sys/class/drm").filter((name) => /^card\d+$/.test(name));
  const gpus = cards.flatMap((card) => {
    const number = (file: string): number | undefined => {
      const text = read(`/sys/class/drm/${card}/device/${file}`);
      return text === undefined || text.trim() === "" ? undefined : Number(text);
    };
    const utilization = number("gpu_busy_percent");
    const memoryUsed = number("mem_info_vram_used");
    const memoryTotal = number("mem_info_vram_total");
    if (utilization === undefined && memoryUsed === undefined) return [];
    return [
      {
        ...(utilization !== undefined && { utilization }),
        ...(memoryUsed !== undefined && { memoryUsed }),
        ...(memoryTotal !== undefined && { memoryTotal }),
      },
    ];
  });
  return gpus.length === 0 ? undefined : gpus;
}
