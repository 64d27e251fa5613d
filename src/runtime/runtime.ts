import type { AsyncContexts } from "./ports/async-context.ts";
import type { Clock } from "./ports/clock.ts";
import type { Environment } from "./ports/environment.ts";
import type { Fetch } from "./ports/fetch.ts";
import type { Files } from "./ports/files.ts";
import type { Host } from "./ports/host.ts";
import type { Lifecycle } from "./ports/lifecycle.ts";
import type { Online } from "./ports/online.ts";
import type { Random } from "./ports/random.ts";
import type { Spawn } from "./ports/spawn.ts";
import type { System } from "./ports/system.ts";
import type { Terminal } from "./ports/terminal.ts";

/** Which platform this is. */
export type RuntimeName = "node" | "deno" | "bun" | "workerd" | "browser" | "unknown";

/**
 * All that tracklet needs of a platform, as small ports. Handed in, so that tests and simulations can replace any of
 * them; `defaultRuntime()` gives the platform's own.
 */
export interface Runtime {
  readonly name: RuntimeName;
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly online: Online;
  readonly lifecycle: Lifecycle;
  readonly asyncContexts: AsyncContexts;
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** Absent where the host tells nothing about itself. */
  readonly system?: System;
  /** Facts about the host, in the place of the platform's own, which are loaded late. */
  readonly host?: Host;
  /** Runs other programs, in the place of the platform's own, which is loaded late. */
  readonly spawn?: Spawn;
  /** Undefined where there is no file system. */
  readonly files: Files | undefined;
}
