import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { compileCache } from "./compile-cache.ts";

// For all tests of the file that starts programs: on a machine with other work a process may need seconds to begin.
vi.setConfig({ testTimeout: 30_000 });

/** How a program ended. */
export interface ProgramEnd {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs in a process of its own, in the runtime that the test runs in. */
export interface Program {
  /** Sends a signal, as often as it is called. (`kill()` of Deno's child process sends one only, and reports it.) */
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the whole line once standard output has one that begins so; rejects when the program ends before. */
  line(start: string): Promise<string>;
  /** Closes its standard output, as `head` does when it has enough. */
  closeOutput(): void;
  readonly end: Promise<ProgramEnd>;
}

/** Flags that let each runtime run a TypeScript file of this repository. */
const flags = {
  node: ["--disable-warning=ExperimentalWarning", "--conditions=tracklet-source"],
  deno: ["run", "-A", "--no-check", "--quiet"],
  bun: ["--conditions=tracklet-source"],
} as Record<string, string[]>;

/**
 * Starts a file of the tests, such as `new URL("./programs/end.ts", import.meta.url)`; `through` is the start of a command
 * that runs it.
 */
export function startProgram(
  file: URL,
  args: readonly string[] = [],
  options: { cwd?: string; env?: Record<string, string>; flags?: readonly string[]; through?: readonly string[] } = {},
): Program {
  const name = detectRuntime();
  const { MLFLOW_TRACKING_URI: _, ...environment } = process.env;
  const own = [process.execPath, ...(options.flags ?? flags[name] ?? []), fileURLToPath(file), ...args];
  const [command, ...rest] = [...(options.through ?? []), ...own];
  const child = spawn(command!, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...compileCache, ...environment, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const output = { stdout: "", stderr: "" };
  let ended = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of [...waiting]) check();
  };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      wake();
    });
  }
  const end = new Promise<ProgramEnd>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      ended = true;
      wake();
      resolve({ code, signal, ...output });
    });
  });
  return {
    kill: (signal) => void process.kill(child.pid!, signal),
    closeOutput: () => void child.stdout.destroy(),
    end,
    line: (start) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = output.stdout
            .split("\n")
            .slice(0, -1)
            .find((line) => line.startsWith(start));
          if (found === undefined && !ended) return;
          waiting.delete(check);
          if (found !== undefined) resolve(found);
          else reject(new Error(`The program ended without the line "${start}":\n${output.stdout}\n${output.stderr}`));
        };
        waiting.add(check);
        check();
      }),
  };
}
