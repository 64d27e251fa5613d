import { refuseValue } from "../refusal.ts";

/** One token of a filter or of an order. `text` is what was written, quotes included. */
export interface Token {
  readonly kind: "word" | "string" | "number" | "operator" | "open" | "close" | "comma" | "other";
  readonly text: string;
}

/** Longer filters are refused: MLflow's own joins end at 64 clauses, long before this. */
const longest = 100_000;

/**
 * In this order: what comes first wins.
 * A word is a dotted path whose parts are bare or quoted by backticks or double quotes (`metrics."val/loss"`); a text
 * in double quotes alone is a word too and may stand for a value. In strings `''`, `\'` and `\\` do not end the text and
 * stay as they are, as MLflow's lexer leaves them.
 */
const bare: string = "[\\p{L}\\p{M}\\p{N}_]";
const part: string = `(?:${bare}+|\`[^\`]*\`|"[^"]*")`;
/** After a dot a key may be quoted by single quotes too, and must not be a number: MLflow reads `tags.1` as `tags` and 0.1. */
const further: string = `\\.(?:(?!\\d+(?!${bare}))${part}|'[^']*')`;
const patterns: readonly (readonly [Token["kind"] | "space", RegExp])[] = [
  ["space", /\s+/uy],
  ["other", /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/uy],
  ["number", /-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.])/uy],
  ["word", new RegExp(`${part}(?:${further})*`, "uy")],
  ["string", /'(?:''|\\\\|\\'|[^'\\]|\\(?!['\\]))*'/uy],
  ["string", /'[^']*'/uy],
  ["operator", /[<>!=]+/uy],
  ["open", /\(/uy],
  ["close", /\)/uy],
  ["comma", /,/uy],
  ["other", /[\s\S]/uy],
];

/** Cuts a filter or an order into tokens; what fits nowhere becomes a token of kind `other`, for the parser to refuse. */
export function tokenise(text: string): Token[] {
  if (text.length > longest) {
    refuseValue(`Cannot search by a filter of ${text.length} characters: it must have at most ${longest}`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (found === null) continue;
      if (kind !== "space") tokens.push({ kind, text: found[0] });
      at += found[0].length;
      break;
    }
  }
  return tokens;
}
