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
  readonly #parent: RunSignal | undefined;
  /** Aborts only when this run is asked to stop: its end is no reason for its children to stop. */
  readonly #request: AbortController = new AbortController();
  #requests: AbortSignal | undefined;
  readonly #stop: AbortController = new AbortController();
  #signal: AbortSignal | undefined;
  #watch: Promise<RequestWatch> | undefined;

  /** `outer` is what the run was started with, `parent` the signal of the run above it in this process. */
  constructor(core: Core, run: RunHandle, outer: AbortSignal | undefined, parent?: RunSignal) {
    this.#core = core;
    this.#run = run;
    this.#outer = outer;
    this.#parent = parent;
  }

  /** Given to children, whom whoever stops this run stops too. */
  get outer(): AbortSignal | undefined {
    return this.#outer;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      if (this.#run.ended !== undefined) this.#stop.abort();
      this.#signal = anyOf(this.#outer, this.asked, this.#stop.signal);
    }
    return this.#signal;
  }

  /** Aborts when this run, or one above it, is asked to stop. The first use begins to watch all of them. */
  get asked(): AbortSignal {
    void this.#watching();
    this.#requests ??= anyOf(this.#request.signal, this.#parent?.asked);
    return this.#requests;
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
    const asked = [this.#outer, this.#requests, this.#stop.signal].filter((signal) => signal?.aborted);
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
      ({ RequestWatch }) => new RequestWatch(this.#core, this.#run, (request) => this.#stopFor(request)),
    );
    return this.#watch;
  }

  #stopFor({ by, reason }: RunRequest): void {
    const message = `The run "${this.#run.name}" was asked to stop${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}`;
    const error = new StopRequestedError(message, { by, reason });
    this.#request.abort(error);
    this.#stop.abort(error);
  }
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
