import { StopRequestedError } from "../../errors/stop-requested-error.ts";
import type { Core } from "../core.ts";
import type { RunHandle } from "../run.ts";
import type { RunRequest } from "../types/control.ts";
import type { RequestWatch } from "./request-watch.ts";

/** The abort signal of a run, and the watch for requests that its first use begins. */
export class RunSignal {
  readonly #core: Core;
  readonly #run: RunHandle;
  readonly #outer: AbortSignal | undefined;
  readonly #stop: AbortController = new AbortController();
  #signal: AbortSignal | undefined;
  #watch: Promise<RequestWatch> | undefined;

  constructor(core: Core, run: RunHandle, outer: AbortSignal | undefined) {
    this.#core = core;
    this.#run = run;
    this.#outer = outer;
  }

  /** Given to children, whom whoever stops this run stops too. */
  get outer(): AbortSignal | undefined {
    return this.#outer;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      if (this.#run.ended !== undefined) this.#stop.abort();
      this.#signal = this.#outer ? AbortSignal.any([this.#outer, this.#stop.signal]) : this.#stop.signal;
      void this.#watching();
    }
    return this.#signal;
  }

  onRequest(listener: (request: RunRequest) => void): () => void {
    let forget = (): void => {};
    let over = false;
    void this.#watching()?.then((watch) => {
      if (!over) forget = watch.listen(listener);
    });
    return () => {
      over = true;
      forget();
    };
  }

  /** True when `error` is how a body leaves after this run was asked to stop. */
  stoppedBy(error: unknown): boolean {
    const asked = [this.#outer, this.#stop.signal].filter((signal) => signal?.aborted);
    if (asked.length === 0) return false;
    return asked.some((signal) => signal?.reason === error) || (error instanceof Error && error.name === "AbortError");
  }

  /** The run has ended. */
  end(status: string): void {
    this.#stop.abort(new DOMException(`The run has ended: ${status}`, "AbortError"));
    void this.#watch?.then((watch) => watch.close());
  }

  #watching(): Promise<RequestWatch> | undefined {
    if (this.#run.ended !== undefined) return this.#watch;
    this.#watch ??= import("../on-demand.ts").then(
      ({ RequestWatch }) => new RequestWatch(this.#core, this.#run, (request) => this.#asked(request)),
    );
    return this.#watch;
  }

  #asked({ by, reason }: RunRequest): void {
    const message = `The run "${this.#run.name}" was asked to stop${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}`;
    this.#stop.abort(new StopRequestedError(message, { by, reason }));
  }
}
