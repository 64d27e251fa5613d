/** A string literal: where its content starts, and the content as it is written. */
export interface Literal {
  readonly start: number;
  readonly text: string;
}

/** A comment with its delimiters. */
export interface Comment {
  readonly start: number;
  readonly text: string;
}

/** Source text with comments, strings and regular expressions blanked out; every other character keeps its place. */
export interface Masked {
  readonly code: string;
  readonly literals: readonly Literal[];
  readonly comments: readonly Comment[];
}

/** After one of these a slash starts a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[([{,;:=!&|?+\-*%<>~^}]|\b(?:return|typeof|case|in|of|do|else|void|delete|await|yield))\s*$/;

const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/** Ends of the literal that starts at `from`, honouring escapes. */
function endOfQuoted(source: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") at += source[at] === "\\" ? 2 : 1;
  return at;
}

function endOfRegex(source: string, from: number): number {
  let inClass = false;
  let at = from + 1;
  for (; at < source.length && source[at] !== "\n"; at++) {
    const char = source[at];
    if (char === "\\") at++;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (char === "/" && !inClass) return at;
  }
  return at;
}

/**
 * Separates code from what only looks like code, well enough for import lists and name checks. TypeScript 7 has no
 * parser to ask, and a text search would trip over comments and messages.
 */
export function mask(source: string): Masked {
  const literals: Literal[] = [];
  const comments: Comment[] = [];
  let code = "";
  /** Depth of braces inside each open `${`. */
  const templates: number[] = [];
  let at = 0;

  const template = (from: number): number => {
    let end = from;
    while (end < source.length && source[end] !== "`" && !(source[end] === "$" && source[end + 1] === "{")) {
      end += source[end] === "\\" ? 2 : 1;
    }
    literals.push({ start: from, text: source.slice(from, end) });
    code += blank(source.slice(from, end));
    if (source[end] === "`" || end >= source.length) {
      code += "`";
      return end + 1;
    }
    templates.push(0);
    code += "${";
    return end + 2;
  };

  while (at < source.length) {
    const char = source[at] as string;
    const two = source.slice(at, at + 2);
    if (two === "//" || two === "/*") {
      const close = two === "//" ? source.indexOf("\n", at) : source.indexOf("*/", at + 2);
      const end = close === -1 ? source.length : two === "//" ? close : close + 2;
      comments.push({ start: at, text: source.slice(at, end) });
      code += blank(source.slice(at, end));
      at = end;
    } else if (char === '"' || char === "'") {
      const end = endOfQuoted(source, at, char);
      literals.push({ start: at + 1, text: source.slice(at + 1, end) });
      code += char + blank(source.slice(at + 1, end)) + (source[end] ?? "");
      at = end + 1;
    } else if (char === "`") {
      code += "`";
      at = template(at + 1);
    } else if (char === "/" && BEFORE_REGEX.test(code.slice(-40))) {
      const end = endOfRegex(source, at);
      code += `/${blank(source.slice(at + 1, end))}${source[end] ?? ""}`;
      at = end + 1;
    } else if (char === "}" && templates.at(-1) === 0) {
      templates.pop();
      code += "}";
      at = template(at + 1);
    } else {
      const depth = templates.length - 1;
      if (depth >= 0 && char === "{") templates[depth] = (templates[depth] as number) + 1;
      if (depth >= 0 && char === "}") templates[depth] = (templates[depth] as number) - 1;
      code += char;
      at++;
    }
  }
  return { code, literals, comments };
}

/** Line number, from 1, of a position in a text. */
export function lineAt(source: string, position: number): number {
  let line = 1;
  for (let at = source.indexOf("\n"); at !== -1 && at < position; at = source.indexOf("\n", at + 1)) line++;
  return line;
}
