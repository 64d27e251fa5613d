import { lineAt, type Masked } from "./mask.ts";

/** A name that stands where it may not. */
export interface Finding {
  readonly line: number;
  readonly name: string;
}

const PLATFORM = [
  "Deno",
  "process",
  "Bun",
  "window",
  "document",
  "navigator",
  "localStorage",
  "indexedDB",
  "__dirname",
];

/** Not after a dot (another object's field), and not a field or a parameter of that name. */
const platformName = new RegExp(
  `(?<![.\\w$])(?:globalThis\\s*\\??\\.\\s*)?(${PLATFORM.join("|")})(?![\\w$]|\\s*\\??\\s*:)`,
  "g",
);
/** `const { Deno } = globalThis` and `(globalThis as { Deno?: ... })`. */
const platformField = new RegExp(`globalThis\\s+as\\s[^;]*?(?<![\\w$])(${PLATFORM.join("|")})\\s*\\??\\s*:`, "g");

const TIME = [
  /(?<![\w$])Date\s*\.\s*now\b/g,
  /\bnew\s+Date\b\s*(?:\(\s*\)|(?!\s*\())/g,
  /(?<![.\w$])(?:globalThis\s*\.\s*)?(?:setTimeout|setInterval|setImmediate)\b/g,
  /(?<![\w$])performance\s*\.\s*now\b/g,
  /(?<![\w$])Math\s*\.\s*random\b/g,
  /(?<![\w$])crypto\s*\.\s*(?:randomUUID|getRandomValues)\b/g,
  /(?<![\w$])AbortSignal\s*\.\s*timeout\b/g,
];

/** Names of a platform, and `node:` modules in whatever way they are reached. */
export function platformNames(source: string, masked: Masked): Finding[] {
  const found: Finding[] = [];
  for (const pattern of [platformName, platformField]) {
    for (const match of masked.code.matchAll(pattern)) {
      const at = match.index + match[0].lastIndexOf(match[1] as string);
      found.push({ line: lineAt(source, at), name: match[1] as string });
    }
  }
  for (const literal of masked.literals) {
    if (/^node:[a-z]/.test(literal.text)) found.push({ line: lineAt(source, literal.start), name: literal.text });
  }
  return found.sort((a, b) => a.line - b.line);
}

/** Ways to ask for time or randomness other than through a port. */
export function timeAndChance(source: string, masked: Masked): Finding[] {
  return TIME.flatMap((pattern) => [...masked.code.matchAll(pattern)])
    .map((match) => ({ line: lineAt(source, match.index), name: match[0].replace(/\s+/g, " ").trim() }))
    .sort((a, b) => a.line - b.line);
}
