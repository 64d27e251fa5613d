import type { Runtime } from "../runtime/runtime.ts";
import { webDefaults } from "../runtime/web.ts";

/**
 * The ports of a Worker: variables come from the bindings that its handler got, and nothing is written to the console
 * but problems.
 */
export function workersRuntime(env: object | undefined, overrides?: Partial<Runtime>): Runtime {
  const web = webDefaults(overrides);
  const environment = {
    ...web.environment,
    get(name: string): string | undefined {
      const value = (env as Record<string, unknown> | undefined)?.[name];
      return typeof value === "string" ? value : web.environment.get(name);
    },
  };
  // What is left at the end of a request is handed over, or told as a problem.
  const terminal = { ...web.terminal, writeError: () => {} };
  return { ...web, environment, terminal, ...overrides };
}
