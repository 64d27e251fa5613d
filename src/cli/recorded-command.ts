import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Clock } from "../runtime/ports/clock.ts";
import { forwardSignals } from "./forward-signals.ts";
import { LineSplitter } from "./line-splitter.ts";

/** A stream of output. */
export type Stream = "stdout" | "stderr";

/** How a command ended. */
export interface CommandEnd {
  /** As a shell has it: 128 and its number for a signal, 127 for a command that is not there, 126 for one that cannot be run. */
  readonly code: number;
  readonly signal?: string;
  /** Why it did not begin. */
  readonly fault?: string;
  /** True when the end was asked for, by a signal to this process or by `stop()`. */
  readonly stopped: boolean;
}

const streams = ["stdout", "stderr"] as const;
/** Milliseconds without output after its exit when who else holds its pipes is waited for no longer, and how often. */
const QUIET = 500;
const LOOKS = 20;

/** A command that runs, whose output goes on to the terminal and line by line to `onLine`. */
export class RecordedCommand {
  readonly end: Promise<CommandEnd>;
  readonly #clock: Clock;
  readonly #child: ChildProcess;
  readonly #splitters: readonly LineSplitter[];
  #resolve: (end: CommandEnd) => void = () => {};
  #stopped = false;
  /** How it ended; what it has written may still come. */
  #exit: Omit<CommandEnd, "stopped"> | undefined;
  #heard = false;

  constructor(
    [command = "", ...args]: readonly string[],
    clock: Clock,
    onLine: (line: string, stream: Stream) => void,
  ) {
    this.#clock = clock;
    const child = spawn(command, args, { stdio: ["inherit", "pipe", "pipe"], windowsHide: true });
    this.#child = child;
    this.#splitters = streams.map((name) => {
      const splitter = new LineSplitter((line) => onLine(line, name));
      const decoder = new TextDecoder();
      // A pipe that is closed, as by head, is closed for the command too: it is to end as it would without us.
      process[name].on("error", () => child[name].destroy());
      child[name].on("data", (bytes: Uint8Array) => {
        this.#heard = true;
        process[name].write(bytes);
        splitter.add(decoder.decode(bytes, { stream: true }));
      });
      child[name].on("end", () => splitter.add(decoder.decode()));
      return splitter;
    });
    const forget = forwardSignals((signal, ends) => {
      this.#stopped ||= ends;
      if (this.#exit === undefined) this.#send(signal);
      else if (ends) this.#finish();
    });
    this.end = new Promise<CommandEnd>((resolve) => {
      this.#resolve = resolve;
    }).finally(forget);
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      const fault = missing ? `there is no command ${JSON.stringify(command)}` : `it cannot be run: ${error.message}`;
      this.#exit ??= { code: missing ? 127 : 126, fault };
      this.#finish();
    });
    child.once("exit", (code, signal) => {
      const number = signal === null ? 0 : constants.signals[signal];
      this.#exit ??= { code: code ?? 128 + number, ...(signal !== null && { signal }) };
      this.#waitForRest(LOOKS);
    });
    child.once("close", () => this.#finish());
  }

  /** Asks it to end. */
  stop(): void {
    this.#stopped = true;
    this.#send("SIGTERM");
  }

  /** Whoever the command has left running may hold its pipes for days. */
  #waitForRest(looks: number): void {
    this.#heard = false;
    const look = (): void => {
      if (this.#heard && looks > 1) this.#waitForRest(looks - 1);
      else this.#finish();
    };
    const timer = this.#clock.after(QUIET, () => {
      // What has come while this process was busy is read before the next timer.
      this.#clock.after(1, look);
    });
    void this.end.then(() => timer.cancel());
  }

  #finish(): void {
    if (this.#exit === undefined) return;
    for (const name of streams) this.#child[name]?.destroy();
    for (const splitter of this.#splitters) splitter.end();
    this.#resolve({ ...this.#exit, stopped: this.#stopped });
  }

  /** Not by `kill()` of the child: Deno's sends one signal only, and then reports that it ended the child. */
  #send(signal: NodeJS.Signals | undefined): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (signal === undefined || pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
