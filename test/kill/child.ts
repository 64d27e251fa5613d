import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compileCache } from "../support/compile-cache.ts";

/** How a child ended, and all that it said. */
export interface ChildEnd {
  readonly lines: readonly string[];
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stderr: string;
}

/** A program in a process of its own that says line by line what it does. */
export class Child {
  readonly end: Promise<ChildEnd>;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<() => void>();
  #ended = false;

  readonly #pid: number;

  /** @param command Executable and flags of a runtime. */
  constructor(command: readonly string[], program: URL, args: readonly string[]) {
    const [executable = "", ...flags] = command;
    const { MLFLOW_TRACKING_URI: _, ...env } = process.env;
    const child = spawn(executable, [...flags, fileURLToPath(program), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...compileCache, ...env },
    });
    this.#pid = child.pid ?? 0;
    let stderr = "";
    let rest = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.#lines.push(...lines);
      this.#tell();
    });
    this.end = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        this.#ended = true;
        this.#tell();
        resolve({ lines: this.#lines, signal, code, stderr });
      });
    });
  }

  /** Resolves with the first line that begins so; undefined when the child ended without it. */
  line(start: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.#lines.find((line) => line.startsWith(start));
        if (found === undefined && !this.#ended) return;
        this.#listeners.delete(look);
        resolve(found);
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Kills the process that said its id after `up `: what was started may be a script around the runtime. */
  async kill(up = "up "): Promise<void> {
    const pid = Number((await this.line(up))?.slice(up.length));
    if (pid > 0) this.#signal(pid, "SIGKILL");
  }

  /** Kills it, and waits for its end. */
  async killed(): Promise<ChildEnd> {
    await this.kill();
    return this.end;
  }

  /** Asks it to end. */
  async stop(): Promise<ChildEnd> {
    this.#signal(this.#pid, "SIGTERM");
    return this.end;
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    if (this.#ended) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended by itself.
    }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
