import { joinBytes } from "../internal/join-bytes.ts";
import type { Spawn, SpawnResult } from "./ports/spawn.ts";

/** Characters of standard error that are kept. */
const SAID = 4000;

/** Follows {@link Spawn} in Node, Deno and Bun. */
export const nodeSpawn: Spawn = (command, args, options = {}) => {
  const { directory, environment, input, timeout = 60_000, maxBytes = 64 * 2 ** 20, signal } = options;
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
      env: { ...process.env, ...environment },
      ...(directory !== undefined && { cwd: directory }),
    });
    const parts: Uint8Array[] = [];
    let [bytes, stderr] = [0, ""];
    const kill = (): void => void child.kill("SIGKILL");
    const timer = setTimeout(kill, timeout);
    signal?.addEventListener("abort", kill);
    child.stdout.on("data", (part: Uint8Array) => {
      bytes += part.length;
      if (bytes <= maxBytes) parts.push(part);
      else kill();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-SAID);
    });
    // A program that ends before it has read all breaks the pipe.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const done = (result: SpawnResult | undefined): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", kill);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve(result);
    };
    child.once("error", () => done(undefined));
    child.once("close", (code) => {
      done({ code: code ?? undefined, stdout: joinBytes(parts), stderr, tooMuch: bytes > maxBytes });
    });
  });
};
