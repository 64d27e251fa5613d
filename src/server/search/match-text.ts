import type { SqlPiece } from "./grammar.ts";
import { refuseValue } from "../refusal.ts";

/** SQLite refuses GLOB patterns above 50,000 bytes with an error of its own. */
const longestPattern = 10_000;

/**
 * LIKE (case-sensitive) and ILIKE (A to Z and a to z alike) as SQL that means the same in every engine.
 * SQLite's own LIKE ignores case unless a pragma says otherwise, which Durable Objects do not have; GLOB never does.
 * `%` matches any text, `_` one character, and there is no escape, as in MLflow. Patterns without inner wildcards
 * become plain comparisons, because a Durable Object takes GLOB patterns of 50 bytes only.
 */
export function matchText(column: string, pattern: string, ignoreCase: boolean): SqlPiece {
  const subject = ignoreCase ? `lower(${column})` : column;
  const wanted = ignoreCase ? lowerAscii(pattern) : pattern;
  const body = wanted.replace(/^%+|%+$/gu, "");
  if (!/[%_]/u.test(body)) return plain(subject, body, wanted);
  if (wanted.length > longestPattern) {
    refuseValue(`Cannot match a pattern of ${wanted.length} characters: it must have at most ${longestPattern}`);
  }
  const glob = wanted.replace(/[*?[]|%+|_/gu, (mark) => (mark[0] === "%" ? "*" : mark === "_" ? "?" : `[${mark}]`));
  return { sql: `${subject} GLOB ?`, values: [glob] };
}

function plain(subject: string, body: string, pattern: string): SqlPiece {
  const open = pattern.startsWith("%");
  const close = pattern.endsWith("%");
  const length = [...body].length;
  if (length === 0)
    return open ? { sql: `${subject} IS NOT NULL`, values: [] } : { sql: `${subject} = ?`, values: [""] };
  if (open && close) return { sql: `instr(${subject}, ?) > 0`, values: [body] };
  if (open) return { sql: `substr(${subject}, -${length}) = ?`, values: [body] };
  if (close) return { sql: `substr(${subject}, 1, ${length}) = ?`, values: [body] };
  return { sql: `${subject} = ?`, values: [body] };
}

/** SQLite's `lower()`: letters beyond ASCII stay as they are. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/gu, (letters) => letters.toLowerCase());
}
