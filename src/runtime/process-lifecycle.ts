import { builtin } from "./builtin.ts";
import type { EndReason, Lifecycle } from "./ports/lifecycle.ts";
import { writeQuietly } from "./write-quietly.ts";

type Listener = (reason: EndReason) => void | Promise<void>;
/** How far a listener is with the end: `telling` until its promise settles. */
interface State {
  stage: "waiting" | "telling" | "told";
}

type Signal = "SIGHUP" | "SIGINT" | "SIGTERM";

const numbers: Record<Signal, number> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/**
 * The life of a Node, Deno or Bun process.
 *
 * An error or a signal that the program handles itself (it has a listener of its own) is not an end. What follows from
 * it is: the program's `process.exit()` then tells the remembered reason.
 */
export class ProcessLifecycle implements Lifecycle {
  readonly lingers = true;
  #process: NodeJS.Process;
  /** Bun reports a rejection only to listeners of its own event; elsewhere such a listener would count as handling it. */
  #rejectionEvent: boolean;
  /** Undefined before the first listener. */
  #hangup: boolean | undefined;
  readonly #hearsHangup: () => boolean;
  #listeners = new Map<Listener, State>();
  #held = 0;
  #holder: ReturnType<typeof setInterval> | undefined;
  #ending = false;
  #error: { readonly error: unknown } | undefined;
  #signal: Signal | undefined;
  #leaving: string | symbol | undefined;

  /**
   * @param options.hearsHangup False where SIGHUP must stay ignored, which a listener would end.
   */
  constructor(process: NodeJS.Process, options: { rejectionEvent: boolean; hearsHangup: () => boolean }) {
    this.#process = process;
    this.#hearsHangup = options.hearsHangup;
    this.#rejectionEvent = options.rejectionEvent;
  }

  onHidden(): () => void {
    return () => {};
  }

  onShown(): () => void {
    return () => {};
  }

  onEnd(listener: Listener): () => void {
    const own: Listener = (reason) => listener(reason);
    if (this.#listeners.size === 0) this.#wire("on");
    this.#listeners.set(own, { stage: "waiting" });
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#wire("off");
    };
  }

  keepAlive(): () => void {
    if (this.#held++ === 0) this.#holder = setInterval(() => {}, 2 ** 30);
    let holds = true;
    return () => {
      if (holds && --this.#held === 0) clearInterval(this.#holder);
      holds = false;
    };
  }

  #wire(verb: "on" | "off"): void {
    const host = this.#process;
    host[verb]("beforeExit", this.#beforeExit);
    host[verb]("exit", this.#exit);
    // First in their rows, before a `once` listener of the program has left. Deno keeps the order of signals to itself.
    const first = verb === "on" ? "prependListener" : "off";
    host[verb]("removeListener", this.#left);
    host[first]("uncaughtException", this.#uncaught);
    if (this.#rejectionEvent) host[first]("unhandledRejection", this.#rejected);
    host[first]("SIGINT", this.#signalled);
    host[first]("SIGTERM", this.#signalled);
    this.#hangup ??= this.#hearsHangup();
    if (this.#hangup) host[first]("SIGHUP", this.#signalled);
  }

  #reason(code: number): EndReason {
    if (this.#signal !== undefined) return { kind: "signal", signal: this.#signal };
    if (code === 0) return { kind: "exit" };
    return { kind: "error", error: this.#error?.error ?? new Error(`The process ended with exit code ${code}`) };
  }

  /** A listener that fails does not keep the others from being told. */
  #tell(reason: EndReason): Promise<unknown> {
    const waits: Promise<void>[] = [];
    for (const [listener, state] of this.#listeners) {
      if (state.stage === "told" || (state.stage === "telling" && reason.final !== true)) continue;
      state.stage = "telling";
      const done = (): void => {
        state.stage = "told";
      };
      // The call itself stays synchronous: at `exit` nothing else runs any more.
      waits.push((async () => listener(reason))().then(done, done));
    }
    return Promise.all(waits);
  }

  #beforeExit = (code: number): void => {
    const release = this.keepAlive();
    void this.#tell(this.#reason(code)).then(release);
  };

  #exit = (code: number): void => {
    void this.#tell({ ...this.#reason(code), final: true });
  };

  #uncaught = (error: unknown): void => {
    if (this.#isAlone("uncaughtException", this.#uncaught)) this.#fail(error);
    else this.#error = { error };
  };

  #rejected = (error: unknown): void => {
    if (this.#isAlone("unhandledRejection", this.#rejected)) this.#fail(error);
    else this.#error = { error };
  };

  /** A listener that leaves while its event is told was a `once` one, and handles it. */
  #left = (event: string | symbol): void => {
    this.#leaving = event;
    queueMicrotask(() => {
      this.#leaving = undefined;
    });
  };

  #isAlone(event: string, own: unknown): boolean {
    if (this.#leaving === event) return false;
    return this.#process.listeners(event as "SIGINT").every((listener) => (listener as unknown) === own);
  }

  #fail(error: unknown): void {
    const host = this.#process;
    this.#error = { error };
    const inWorker = builtin("node:worker_threads")?.isMainThread === false;
    if (!inWorker) writeQuietly(host.stderr, `Uncaught ${builtin("node:util")?.inspect(error) ?? String(error)}\n`);
    if (this.#ending) return;
    this.#ending = true;
    const release = this.keepAlive();
    void this.#tell({ kind: "error", error }).then(() => {
      release();
      if (!inWorker) return host.exit(1);
      // The parent of a worker thread must still get its "error" event.
      this.#wire("off");
      setTimeout(() => {
        throw error;
      }, 0);
    });
  }

  #signalled = (signal: NodeJS.Signals): void => {
    const name: Signal = signal === "SIGTERM" || signal === "SIGHUP" ? signal : "SIGINT";
    this.#signal = name;
    if (!this.#isAlone(name, this.#signalled)) return;
    const telling = [...this.#listeners.values()].some(({ stage }) => stage === "telling");
    if (this.#ending || telling) {
      // Ctrl-C while the end is waited for, whatever kind of end, means: now.
      void this.#tell({ kind: "signal", signal: name, final: true });
      this.#die(name);
      return;
    }
    this.#ending = true;
    const release = this.keepAlive();
    void this.#tell({ kind: "signal", signal: name }).then(() => {
      release();
      this.#die(name);
    });
  };

  /** Ends as the signal would have done by itself, so that a shell sees 128 + its number. */
  #die(signal: Signal): void {
    this.#wire("off");
    try {
      this.#process.kill(this.#process.pid, signal);
    } catch {
      this.#process.exit(128 + numbers[signal]);
    }
  }
}
