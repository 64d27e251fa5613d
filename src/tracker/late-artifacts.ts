import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { ArtifactLog } from "./artifact-log.ts";
import { type Core, inBackground } from "./core.ts";
import { limited } from "./limited.ts";
import type { RunHandle } from "./run.ts";

/** The artifacts of one run, loaded with the first of them; what is logged is fixed before that. */
export class LateArtifacts {
  readonly #core: Core;
  readonly #run: RunHandle;
  #log: Promise<ArtifactLog> | undefined;

  constructor(core: Core, run: RunHandle) {
    this.#core = core;
    this.#run = run;
  }

  /** Calls `body` with the log and with `text()`, which is taken now: a value may have changed by the time it is written. */
  log(
    what: string,
    options: CallOptions | undefined,
    body: (log: ArtifactLog, text: string, limits: { signal?: AbortSignal }) => Promise<void>,
    text: () => string | undefined = () => "",
  ): Promise<void> {
    let now: string | undefined;
    let cause: unknown = new TypeError(`${what} got a value without one`);
    try {
      now = text();
    } catch (error) {
      cause = error;
    }
    if (now === undefined) {
      const reason = String(cause).split("\n")[0];
      return Promise.reject(
        new ValidationError(`Cannot ${what} as the value must have a JSON form: ${reason}`, { cause }),
      );
    }
    const written = now;
    const work = limited(this.#core, what, options, async (limits) => body(await this.#load(), written, limits));
    return inBackground(this.#core, work);
  }

  #load(): Promise<ArtifactLog> {
    this.#log ??= import("./on-demand.ts").then(({ ArtifactLog }) => new ArtifactLog(this.#core, this.#run));
    return this.#log;
  }
}

/** Bytes as they are now: the caller may go on writing into them. */
export function bytesNow<T>(source: T | Uint8Array): T | Blob {
  return source instanceof Uint8Array ? new Blob([source as Uint8Array<ArrayBuffer>]) : source;
}
