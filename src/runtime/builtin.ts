import type * as asyncHooks from "node:async_hooks";
import type * as fs from "node:fs";
import type * as os from "node:os";
import type * as path from "node:path";
import type * as url from "node:url";
import type * as util from "node:util";
import type * as workerThreads from "node:worker_threads";

/** The built-in modules that the defaults use. */
interface Builtins {
  readonly "node:async_hooks": typeof asyncHooks;
  readonly "node:fs": typeof fs;
  readonly "node:os": typeof os;
  readonly "node:path": typeof path;
  readonly "node:url": typeof url;
  readonly "node:util": typeof util;
  readonly "node:worker_threads": typeof workerThreads;
}

/**
 * A built-in module of Node, Deno, Bun or workerd, looked up when it is needed: an `import` of it would break bundles
 * for the browser. Undefined where there is none.
 */
export function builtin<Id extends keyof Builtins>(id: Id): Builtins[Id] | undefined {
  const host = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  return host.process?.getBuiltinModule?.(id) as Builtins[Id] | undefined;
}
