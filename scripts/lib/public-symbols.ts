import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { type Comment, lineAt, mask } from "./mask.ts";

/** Something that users of the package can import. */
export interface PublicSymbol {
  readonly name: string;
  /** Where it is declared. */
  readonly file: string;
  readonly line: number;
  readonly kind: "function" | "class" | "const" | "interface" | "type";
  /** The doc comment right above, with its delimiters. */
  readonly doc: string | undefined;
}

interface Wanted {
  readonly file: string;
  readonly name: string;
}

const DECLARATION =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(function\s*\*?|class|const|let|interface|type)\s+([\w$]+)/gm;
const LIST = /^export\s+(?:type\s+)?\{([^}]*)\}(?:\s*from\s*["'])?/gm;
const STAR = /^export\s+(?:type\s+)?\*\s*(?:as\s+[\w$]+\s*)?from\s*["']/gm;
const IMPORTED = /^import\s+(?:type\s+)?\{([^}]*)\}\s*from\s*["']/gm;

/** Follows the re-exports of an entry file to the declarations, each once. */
export function publicSymbols(base: string, entry: string): PublicSymbol[] {
  const found = new Map<string, PublicSymbol>();
  for (const { file, name } of exportsOf(base, entry, new Set())) {
    const symbol = declarationOf(base, file, name);
    found.set(`${file}#${name}`, symbol ?? { name, file, line: 1, kind: "const", doc: undefined });
  }
  return [...found.values()];
}

function exportsOf(base: string, file: string, seen: Set<string>): Wanted[] {
  if (seen.has(file) || !existsSync(join(base, file))) return [];
  seen.add(file);
  const source = readFileSync(join(base, file), "utf8");
  const { code, literals } = mask(source);
  const textAt = new Map(literals.map((literal) => [literal.start, literal.text]));
  const target = (at: number): string | undefined => {
    const specifier = textAt.get(at);
    return specifier?.startsWith(".") ? posix.join(posix.dirname(file), specifier) : undefined;
  };
  const wanted: Wanted[] = [...code.matchAll(DECLARATION)].map((match) => ({ file, name: match[2] as string }));
  const imported = new Map<string, string>();
  for (const match of code.matchAll(IMPORTED)) {
    const from = target(match.index + match[0].length);
    if (from !== undefined) for (const { local } of namesIn(match[1] ?? "")) imported.set(local, from);
  }
  for (const match of code.matchAll(LIST)) {
    const from = target(match.index + match[0].length);
    for (const { original } of namesIn(match[1] ?? "")) {
      const place = from ?? imported.get(original);
      if (place === undefined) wanted.push({ file, name: original });
      else wanted.push(...resolveName(base, place, original));
    }
  }
  for (const match of code.matchAll(STAR)) {
    const from = target(match.index + match[0].length);
    if (from !== undefined) wanted.push(...exportsOf(base, from, seen));
  }
  return wanted;
}

/** A name that a file re-exports itself is looked for where it comes from. */
function resolveName(base: string, file: string, name: string): Wanted[] {
  if (declarationOf(base, file, name) !== undefined) return [{ file, name }];
  const deeper = exportsOf(base, file, new Set()).filter((wanted) => wanted.name === name);
  return deeper.length > 0 ? deeper : [{ file, name }];
}

function namesIn(list: string): { original: string; local: string }[] {
  return list
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .filter((part) => part !== "")
    .map((part) => {
      const [original = "", local = original] = part.split(/\s+as\s+/);
      return { original, local };
    });
}

function declarationOf(base: string, file: string, name: string): PublicSymbol | undefined {
  if (!existsSync(join(base, file))) return undefined;
  const source = readFileSync(join(base, file), "utf8");
  const { code, comments } = mask(source);
  const pattern = new RegExp(
    `^(?:export\\s+)?(?:default\\s+)?(?:declare\\s+)?(?:abstract\\s+)?(?:async\\s+)?(function|class|const|let|interface|type)\\s*\\*?\\s+${name.replaceAll("$", "\\$")}(?![\\w$])`,
    "m",
  );
  const match = pattern.exec(code);
  if (match === null) return undefined;
  const kind = (match[1] === "let" ? "const" : match[1]) as PublicSymbol["kind"];
  return { name, file, line: lineAt(source, match.index), kind, doc: docBefore(source, comments, match.index) };
}

/** The doc comment that ends right before `position`, other comments between them passed over. */
function docBefore(source: string, comments: readonly Comment[], position: number): string | undefined {
  let end = position;
  for (const comment of [...comments].reverse()) {
    const after = comment.start + comment.text.length;
    if (after > end) continue;
    if (source.slice(after, end).trim() !== "") return undefined;
    if (comment.text.startsWith("/**")) return comment.text;
    end = comment.start;
  }
  return undefined;
}
