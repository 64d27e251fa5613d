import { builtin } from "./builtin.ts";
import type { Host, HostFacts } from "./ports/host.ts";

/** Facts of the system that a host may have to be asked a permission for. */
export type HostQuestion = "cpus" | "osRelease" | "systemMemoryInfo" | "env";

/** The host of Node, Deno and Bun. @param may False for what would need a permission that was not given. */
export function nodeHost(may: (question: HostQuestion) => boolean): Host {
  return {
    facts: async () => {
      const os = builtin("node:os");
      const cpus = may("cpus") ? (os?.cpus() ?? []) : [];
      const release = may("osRelease") ? os?.release() : undefined;
      const model = cpus[0]?.model.trim();
      const facts: HostFacts = {
        os: { name: process.platform, architecture: process.arch, ...(release !== undefined && { release }) },
        ...(cpus.length > 0 && { cpu: { cores: cpus.length, ...(model && { model }) } }),
        ...(may("systemMemoryInfo") && os !== undefined && { memory: os.totalmem() }),
        command: commandLine(),
      };
      return facts;
    },
    variables() {
      if (!may("env")) return {};
      const given = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
      return Object.fromEntries(given);
    },
  };
}

/** The runtime by its name only: where it lies is another place on another machine. */
function commandLine(): string[] {
  const [program = "", ...rest] = process.argv;
  const name = program.replace(/^.*[\\/]/, "").replace(/\.exe$/i, "");
  return [name, ...process.execArgv, ...rest];
}
