import type { Timer } from "../../runtime/ports/clock.ts";
import type { Core } from "../core.ts";
import type { RunHandle } from "../run.ts";
import type { RunRequest } from "../types/control.ts";
import { answerKey, openRequests, type TaggedRequest, writeAnswer } from "./request-tags.ts";

/** Milliseconds between two looks where the tracker says nothing. */
const INTERVAL = 5000;

/** Looks now and then whether somebody has set a tag that asks a run for something. A look reads the whole run. */
export class RequestWatch {
  readonly #core: Core;
  readonly #run: RunHandle;
  readonly #listeners = new Set<(request: RunRequest) => void>();
  /** Answered by us, while the answer may still be on its way. */
  readonly #answered = new Map<string, string>();
  readonly #onStop: (request: RunRequest) => void;
  #timer: Timer | undefined;

  constructor(core: Core, run: RunHandle, onStop: (request: RunRequest) => void) {
    this.#core = core;
    this.#run = run;
    this.#onStop = onStop;
    void this.#look();
  }

  /** Calls `listener` with each request; gives the way to stop. */
  listen(listener: (request: RunRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  async #look(): Promise<void> {
    if (this.#run.ended !== undefined) return;
    const { queue, runtime, options } = this.#core;
    const interval = options.controlInterval ?? INTERVAL;
    try {
      const runId = await queue.findRunId(this.#run.localId);
      if (runId !== undefined) {
        const { runs } = await this.#core.client();
        const { data } = await runs.get(runId, { retry: false, timeout: Math.max(interval, INTERVAL) });
        if (this.#run.ended !== undefined) return;
        for (const open of openRequests(data.tags)) this.#answer(open);
      }
    } catch {
      // Without the server's answer nobody can ask for anything; training goes on.
    }
    this.#timer = runtime.clock.after(interval, () => void this.#look());
  }

  #answer({ request, name, text }: TaggedRequest): void {
    if (this.#answered.get(name) === text) return;
    // What nobody listens to stays open, for a listener that comes later.
    if (request.kind !== "stop" && this.#listeners.size === 0) return;
    this.#answered.set(name, text);
    // Said before it is done: a listener may end the run.
    this.#run.setTag(answerKey(name), writeAnswer(text, this.#core.runtime.clock.now(), request.by));
    for (const listener of [...this.#listeners]) this.#call(listener, request);
    if (request.kind === "stop") this.#onStop(request);
  }

  /** An error of a listener is told; it stops neither the watch nor the training. */
  #call(listener: (request: RunRequest) => void, request: RunRequest): void {
    try {
      listener(request);
    } catch (cause) {
      const message = `A listener of run.onRequest() threw at a "${request.kind}" request: ${String(cause)}`;
      this.#core.guard.tell({ kind: "scope", message, run: this.#run.localId, cause });
    }
  }
}
