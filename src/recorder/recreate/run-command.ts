import { managers } from "./managers.ts";
import type { RecreateOptions } from "./types.ts";

/** How a recorded command is started by the runtime of a package manager. */
export function runCommand(
  command: readonly string[] | undefined,
  manager: NonNullable<RecreateOptions["manager"]>,
): string | undefined {
  if (command === undefined || command.length === 0) return undefined;
  const [program = "", ...args] = command;
  if (!["node", "deno", "bun"].includes(program)) return command.map(shellWord).join(" ");
  const { start } = managers[manager];
  const flags = program === start[0] ? args : args.slice(args.findIndex((arg) => !arg.startsWith("-")));
  const isSpelled = program === "deno" && /^(?:run|task|test|serve)$/.test(args[0] ?? "");
  return [...(isSpelled && manager === "deno" ? ["deno"] : start), ...flags].map(shellWord).join(" ");
}

/** A word as a shell takes it for one. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
