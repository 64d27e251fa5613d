import { denoRuntime } from "./deno.ts";
import { detectRuntime } from "./detect-runtime.ts";
import { nodeRuntime } from "./node.ts";
import type { Runtime } from "./runtime.ts";
import { webRuntime } from "./web.ts";

/**
 * The platform's own ports, with `overrides` in their place. Costs no I/O, starts no timer and asks for no permission:
 * everything is looked up when it is used.
 *
 * @example
 * ```ts no-check
 * const runtime = defaultRuntime({ clock: myClock });
 * ```
 */
export function defaultRuntime(overrides?: Partial<Runtime>): Runtime {
  const name = overrides?.name ?? detectRuntime();
  const platform =
    name === "deno" ? denoRuntime() : name === "node" || name === "bun" ? nodeRuntime(name) : webRuntime(name);
  return overrides === undefined ? platform : { ...platform, ...overrides };
}
