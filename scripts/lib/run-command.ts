import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { root } from "./root.ts";

/** How a command ended, with what it printed. */
export interface CommandResult {
  readonly code: number;
  /** Standard output and standard error, in the order they came. */
  readonly output: string;
}

/** How to run a command. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string | undefined>;
  /** Called with what is printed, as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Milliseconds after which the command is ended; code 124 then. */
  readonly timeout?: number;
}

/** PATH with the repository's own Node in front: the host's may be older than what the sources need. */
const ownPath: string = [join(root, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter);

/** Runs a program to its end. Never rejects: a program that cannot be started has code 127. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const env = { ...process.env, PATH: ownPath, ...options.env };
    const child = spawn(command, args, { cwd: options.cwd ?? root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let late = false;
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            child.kill("SIGKILL");
          }, options.timeout);
    const take = (data: Buffer): void => {
      const text = data.toString();
      output += text;
      options.onOutput?.(text);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: `${output}${error.message}\n` });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (late) output += `\nended after ${options.timeout} ms\n`;
      resolve({ code: late ? 124 : (code ?? (signal === null ? 1 : 128)), output });
    });
  });
}
