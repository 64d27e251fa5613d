import { stackContext } from "../../src/runtime/platform-contexts.ts";
import type { AsyncContexts } from "../../src/runtime/ports/async-context.ts";
import type { EndReason, Hiding, Lifecycle } from "../../src/runtime/ports/lifecycle.ts";
import type { Online } from "../../src/runtime/ports/online.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { ManualClock } from "./manual-clock.ts";
import { seededRandom } from "./seeded-random.ts";

// What is loaded late is at hand here, so that no test waits for a file while its own time passes.
import "../../src/queue/drain/loaded-late.ts";
import "../../src/tracker/on-demand.ts";
import "../../src/client/resources.ts";

export { seededRandom };

/** A lifecycle that ends when told to. */
export class ManualLifecycle implements Lifecycle {
  #hidden = new Set<(how: Hiding) => void>();
  #shown = new Set<() => void>();
  #end = new Set<(reason: EndReason) => void | Promise<void>>();
  /** How many holders keep the process alive. */
  kept = 0;
  leaves = false;

  onHidden(listener: (how: Hiding) => void): () => void {
    this.#hidden.add(listener);
    return () => this.#hidden.delete(listener);
  }

  onShown(listener: () => void): () => void {
    this.#shown.add(listener);
    return () => this.#shown.delete(listener);
  }

  onEnd(listener: (reason: EndReason) => void | Promise<void>): () => void {
    this.#end.add(listener);
    return () => this.#end.delete(listener);
  }

  keepAlive(): () => void {
    this.kept++;
    let held = true;
    return () => {
      if (held) this.kept--;
      held = false;
    };
  }

  /** Number of listeners attached. */
  get listeners(): number {
    return this.#hidden.size + this.#shown.size + this.#end.size;
  }

  hide(how: Hiding = "hidden"): void {
    for (const listener of this.#hidden) listener(how);
  }

  show(): void {
    for (const listener of this.#shown) listener();
  }

  async end(reason: EndReason = { kind: "exit" }): Promise<void> {
    await Promise.all([...this.#end].map((listener) => listener(reason)));
  }
}

/** A network state that changes when told to. */
class ManualOnline implements Online {
  #listeners = new Set<() => void>();
  #online = true;

  isOnline(): boolean {
    return this.#online;
  }

  onOnline(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(online: boolean): void {
    this.#online = online;
    if (online) for (const listener of this.#listeners) listener();
  }
}

/** Contexts that hold a value for the synchronous part of a body and until its promise settles. */
const stackContexts: AsyncContexts = { exact: false, create: stackContext };

/** A runtime whose clock, chance, network state and end are in the hands of the test. */
export interface ManualRuntime extends Runtime {
  readonly clock: ManualClock;
  readonly lifecycle: ManualLifecycle;
  readonly online: ManualOnline;
  /** What was written to standard error. */
  readonly errorText: string[];
}

/** Makes a runtime for tests; `fetch` refuses unless given. `env` are its environment variables. */
export function manualRuntime(
  options: Partial<Omit<Runtime, "clock" | "lifecycle" | "online">> & {
    seed?: number;
    env?: Record<string, string>;
    clock?: ManualClock;
  } = {},
): ManualRuntime {
  const { seed, env = {}, clock = new ManualClock(), ...rest } = options;
  const errorText: string[] = [];
  return {
    name: "unknown",
    random: seededRandom(seed),
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    asyncContexts: stackContexts,
    environment: {
      get: (name) => env[name],
      readable: () => true,
      user: () => "someone",
      entry: () => "train.ts",
      directory: () => undefined,
      runtimeVersion: () => "test 1.0.0",
    },
    terminal: { interactive: false, columns: () => 80, writeError: (text) => void errorText.push(text) },
    files: undefined,
    ...rest,
    clock,
    lifecycle: new ManualLifecycle(),
    online: new ManualOnline(),
    errorText,
  };
}
