import { currentHead } from "./git-head.ts";
import { localFiles } from "./local-files.ts";
import { nodeRuntime } from "./node.ts";
import type { SystemQuestion } from "./node-system.ts";
import type { Environment } from "./ports/environment.ts";
import type { Files } from "./ports/files.ts";
import type { Lifecycle } from "./ports/lifecycle.ts";
import type { Runtime } from "./runtime.ts";

interface DenoGlobal {
  readonly version: { readonly deno: string };
  readonly permissions: { querySync(descriptor: PermissionQuestion): { readonly state: string } };
}

type PermissionQuestion =
  | { name: "env"; variable: string }
  | { name: "read" | "write"; path: string }
  | { name: "sys"; kind?: string };

const deno = (): DenoGlobal => (globalThis as unknown as { Deno: DenoGlobal }).Deno;

/** Asks whether a permission was given, so that nothing here ever makes Deno prompt. */
const granted = (question: PermissionQuestion): boolean => deno().permissions.querySync(question).state === "granted";

function denoEnvironment(node: Environment): Environment {
  const readable = (name: string): boolean => granted({ name: "env", variable: name });
  const get = (name: string): string | undefined => (readable(name) ? node.get(name) : undefined);
  return {
    ...node,
    get,
    readable,
    user: () =>
      get("LOGNAME") ?? get("USER") ?? get("USERNAME") ?? (granted({ name: "sys" }) ? node.user() : undefined),
    commit: () => currentHead(denoFiles, node).commit,
    branch: () => currentHead(denoFiles, node).branch,
    async dirty() {
      const head = currentHead(denoFiles, node);
      // Each file below would be asked for.
      if (head.root === undefined || !granted({ name: "read", path: head.root })) return undefined;
      return (await import("./git-dirty.ts")).treeDirty(denoFiles, head);
    },
    runtimeVersion: () => `deno ${deno().version.deno}`,
  };
}

function mayAsk(question: SystemQuestion): boolean {
  return granted(
    typeof question === "string" ? { name: "sys", kind: question } : { name: "read", path: question.read },
  );
}

const denoFiles: Files = {
  ...localFiles,
  readTextSync: (path) => (granted({ name: "read", path }) ? localFiles.readTextSync(path) : undefined),
  mayWrite: (path) => granted({ name: "read", path }) && granted({ name: "write", path }),
};

/** `Deno.exit()` fires no event of `process`, only `unload`. */
function denoLifecycle(node: Lifecycle): Lifecycle {
  return {
    ...(node.lingers && { lingers: true }),
    onHidden: (listener) => node.onHidden(listener),
    onShown: (listener) => node.onShown?.(listener) ?? (() => {}),
    keepAlive: () => node.keepAlive(),
    onEnd(listener) {
      let settled = false;
      const stop = node.onEnd(async (reason) => {
        settled = reason.final === true;
        await listener(reason);
        settled = true;
      });
      const unload = (): void => {
        if (!settled) void listener({ kind: "exit", final: true });
        settled = true;
      };
      globalThis.addEventListener("unload", unload);
      return () => {
        stop();
        globalThis.removeEventListener("unload", unload);
      };
    },
  };
}

/** The defaults of Deno: Node's, with permissions asked first. */
export function denoRuntime(): Runtime {
  const node = nodeRuntime("deno");
  return {
    ...node,
    lifecycle: denoLifecycle(node.lifecycle),
    environment: denoEnvironment(node.environment),
    system: { figures: async () => (await import("./node-system.ts")).nodeFigures(mayAsk) },
    files: denoFiles,
  };
}
