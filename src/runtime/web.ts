import { pageLifecycle } from "./page-lifecycle.ts";
import { platformClock } from "./platform-clock.ts";
import { platformContexts } from "./platform-contexts.ts";
import { platformOnline } from "./platform-online.ts";
import { platformRandom } from "./platform-random.ts";
import { detectRuntime } from "./detect-runtime.ts";
import type { Environment } from "./ports/environment.ts";
import type { SystemFigures } from "./ports/system.ts";
import type { Terminal } from "./ports/terminal.ts";
import type { Runtime, RuntimeName } from "./runtime.ts";

interface Host {
  readonly location?: { readonly origin: string; readonly pathname: string };
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly env?: Record<string, string | undefined> };
}

/** How a browser names itself; Edge and Chrome before Safari, whose name the others carry too. */
const agents = /(Firefox|Edg|Chrome|Safari)\/([\d.]+)/;

function webEnvironment(name: RuntimeName): Environment {
  const host = globalThis as Host;
  return {
    // Workers fill process.env from their bindings; in a page it is a bundler's substitute at best.
    get: (variable) => (name === "workerd" ? host.process?.env?.[variable] : undefined),
    readable: () => true,
    user: () => undefined,
    entry: () => (host.location === undefined ? undefined : host.location.origin + host.location.pathname),
    directory: () => undefined,
    runtimeVersion() {
      const [, agent, version] = agents.exec(host.navigator?.userAgent ?? "") ?? [];
      return agent === undefined ? name : `${agent.toLowerCase()} ${version}`;
    },
  };
}

/** Only some browsers tell anything: the size of the heap. */
function webFigures(): SystemFigures {
  const { memory } = globalThis.performance as { memory?: { readonly usedJSHeapSize: number } };
  return memory === undefined ? {} : { processMemory: memory.usedJSHeapSize };
}

const webTerminal: Terminal = {
  interactive: false,
  columns: () => 80,
  writeError: (text) => console.warn(text.replace(/\n$/, "")),
};

/** What every platform with web standards has: pages, workers of a page, Cloudflare Workers. */
export function webRuntime(name: RuntimeName): Runtime {
  return {
    name,
    clock: platformClock,
    random: platformRandom,
    // An arrow, so that a test that replaces the global is heard, and `this` is right.
    fetch: (request) => globalThis.fetch(request),
    online: platformOnline,
    lifecycle: pageLifecycle,
    asyncContexts: platformContexts,
    environment: webEnvironment(name),
    terminal: webTerminal,
    system: { figures: async () => webFigures() },
    files: undefined,
  };
}

/**
 * `defaultRuntime` for what only pages, their workers and edge functions load: the ports of a process weigh 1.6 kB there
 * and are never used.
 */
export function webDefaults(overrides?: Partial<Runtime>): Runtime {
  return { ...webRuntime(overrides?.name ?? detectRuntime()), ...overrides };
}
