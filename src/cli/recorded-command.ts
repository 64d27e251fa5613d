import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { LineSplitter } from "./line-splitter.ts";

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

/** A command that runs, whose output goes on to the terminal and line by line to `onLine`. */
export class RecordedCommand {
  readonly end: Promise<CommandEnd>;
  readonly #child: ChildProcess;
  #stopped = false;

  constructor([command = "", ...args]: readonly string[], onLine: (line: string) => void) {
    const child = spawn(command, args, { stdio: ["inherit", "pipe", "pipe"], windowsHide: true });
    this.#child = child;
    for (const name of ["stdout", "stderr"] as const) {
      const splitter = new LineSplitter(onLine);
      const decoder = new TextDecoder();
      // The bytes go on as they are; a pipe that is closed, as by head, costs the recording nothing.
      process[name].on("error", () => {});
      child[name].on("data", (bytes: Uint8Array) => {
        process[name].write(bytes);
        splitter.add(decoder.decode(bytes, { stream: true }));
      });
      child[name].on("end", () => {
        splitter.add(decoder.decode());
        splitter.end();
      });
    }
    const forget = this.#forwardSignals();
    this.end = new Promise((resolve) => {
      child.once("error", (error: NodeJS.ErrnoException) => {
        forget();
        const missing = error.code === "ENOENT";
        const fault = missing ? `there is no command ${JSON.stringify(command)}` : `it cannot be run: ${error.message}`;
        resolve({ code: missing ? 127 : 126, fault, stopped: false });
      });
      child.once("close", (code, signal) => {
        forget();
        const number = signal === null ? 0 : constants.signals[signal];
        resolve({ code: code ?? 128 + number, stopped: this.#stopped, ...(signal !== null && { signal }) });
      });
    });
  }

  /** Asks it to end. */
  stop(): void {
    this.#stopped = true;
    this.#send("SIGTERM");
  }

  /** Not by `kill()` of the child: Deno's sends one signal only, and then reports that it ended the child. */
  #send(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }

  /** This process goes on until the command has ended: what came of it is still to be recorded. */
  #forwardSignals(): () => void {
    const forward = (signal: NodeJS.Signals): void => {
      this.#stopped = true;
      // Ctrl-C in a terminal reaches the command by itself, and twice means more than once to many programs.
      if (signal !== "SIGINT" || !process.stdin.isTTY) this.#send(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, forward);
    return () => {
      for (const signal of signals) process.off(signal, forward);
    };
  }
}
