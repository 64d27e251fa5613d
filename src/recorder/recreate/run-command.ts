import { managers } from "./managers.ts";
import type { RecreateOptions } from "./types.ts";

/** Options of a runtime whose value is the next argument. */
const withValue: Readonly<Record<"node" | "deno" | "bun", RegExp>> = {
  node: /^(?:-r|-C|-e|-p|-pe|--(?:import|require|loader|experimental-loader|conditions|eval|print|title|input-type))$/,
  deno: /^(?:-c|--(?:config|import-map|lock|location|seed|preload|import|conditions))$/,
  bun: /^(?:-r|-c|-e|-p|--(?:preload|require|import|config|cwd|env-file|conditions|define|eval|print|tsconfig-override))$/,
};

/**
 * How a recorded command is started by the runtime of a package manager, and that of Python in its environment.
 *
 * @param python The Python that has the recorded packages.
 */
export function runCommand(
  command: readonly string[] | undefined,
  manager: NonNullable<RecreateOptions["manager"]>,
  python: string | undefined,
  problems: string[],
): string | undefined {
  if (command === undefined || command.length === 0) return undefined;
  const [program = "", ...args] = command;
  if (python !== undefined && /^(?:.*[\\/])?python[\d.]*(?:\.exe)?$/i.test(program)) {
    return [python, ...args].map(shellWord).join(" ");
  }
  const spelled = command.map(shellWord).join(" ");
  if (!isRuntime(program)) return spelled;
  const { start } = managers[manager];
  const isSpelled = program === "deno" && /^(?:run|task|test|serve)$/.test(args[0] ?? "");
  if (program === start[0]) return [...(isSpelled ? ["deno"] : start), ...args].map(shellWord).join(" ");
  const script = scriptAt(program, args);
  if (script === undefined) {
    problems.push(`It was run by ${program} and names no script: ${manager} may need another command.`);
    return spelled;
  }
  const left = args.slice(0, script).filter((arg) => arg !== "run");
  if (left.length > 0) {
    problems.push(
      `${[program, ...left].map(shellWord).join(" ")} ran it: ${start[0]} is started without these options.`,
    );
  }
  return [...start, ...args.slice(script)].map(shellWord).join(" ");
}

/** Where the script is in the arguments of a runtime; undefined where it runs something else. */
function scriptAt(program: "node" | "deno" | "bun", args: readonly string[]): number | undefined {
  for (let at = program !== "node" && args[0] === "run" ? 1 : 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (/^(?:-e|-p|-pe|--eval|--print)$/.test(arg)) return undefined;
    if (withValue[program].test(arg)) at++;
    else if (!arg.startsWith("-")) return /^[a-z]+$/.test(arg) && program !== "node" ? undefined : at;
  }
  return undefined;
}

function isRuntime(program: string): program is "node" | "deno" | "bun" {
  return ["node", "deno", "bun"].includes(program);
}

/** A word as a shell takes it for one. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // A terminal would obey them, and a line would end.
  if (![...word].some(isControl)) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word.replace(/[\\']/g, "\\$&");
  return `$'${[...escaped].map((char) => (isControl(char) ? `\\u${hex(char)}` : char)).join("")}'`;
}

/** True for what a terminal obeys, and for what makes a text look like another. */
export function isControl(char: string): boolean {
  return /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(char);
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(4, "0");
}
