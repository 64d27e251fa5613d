import { builtin } from "./builtin.ts";
import { currentHead } from "./git-head.ts";
import { localFiles } from "./local-files.ts";
import type { Environment } from "./ports/environment.ts";
import type { Terminal } from "./ports/terminal.ts";
import { ignoresHangup } from "./ignores-hangup.ts";
import { ProcessLifecycle } from "./process-lifecycle.ts";
import type { Runtime, RuntimeName } from "./runtime.ts";
import { sharedLifecycle } from "./shared-lifecycle.ts";
import { webRuntime } from "./web.ts";
import { writeQuietly } from "./write-quietly.ts";

/** Asked in this order by Python's `getpass.getuser`, which MLflow's own client uses. */
const userVariables = ["LOGNAME", "USER", "LNAME", "USERNAME"];

const nodeEnvironment: Environment = {
  get: (name) => process.env[name],
  readable: () => true,
  user() {
    for (const name of userVariables) if (process.env[name]) return process.env[name];
    try {
      return builtin("node:os")?.userInfo().username;
    } catch {
      return undefined; // a container whose user id has no name
    }
  },
  entry: () => process.argv[1],
  directory() {
    try {
      return process.cwd();
    } catch {
      return undefined; // the directory was removed
    }
  },
  commit: () => currentHead(localFiles, nodeEnvironment).commit,
  branch: () => currentHead(localFiles, nodeEnvironment).branch,
  dirty: async () => (await import("./git-dirty.ts")).treeDirty(localFiles, currentHead(localFiles, nodeEnvironment)),
  runtimeVersion: () =>
    process.versions["bun"] === undefined ? `node ${process.versions.node}` : `bun ${process.versions["bun"]}`,
};

const nodeTerminal: Terminal = {
  get interactive() {
    return process.stderr.isTTY === true;
  },
  columns: () => process.stderr.columns ?? 80,
  writeError: (text) => writeQuietly(process.stderr, text),
};

/** The defaults of Node and Bun, and of Deno but for its permissions. */
export function nodeRuntime(name: RuntimeName): Runtime {
  return {
    ...webRuntime(name),
    lifecycle: sharedLifecycle(
      () =>
        new ProcessLifecycle(process, {
          rejectionEvent: name === "bun",
          // Node has undone at its start what `nohup` did, and Deno ends at a SIGHUP all the same.
          hearsHangup: () => !(ignoresHangup() ?? name === "bun"),
        }),
    ),
    environment: nodeEnvironment,
    terminal: nodeTerminal,
    system: { figures: async () => (await import("./node-system.ts")).nodeFigures(() => true) },
    files: localFiles,
  };
}
