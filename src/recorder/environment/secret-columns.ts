import { isSecretValue, MASK } from "./secret-fields.ts";
import { isSurelySecretName } from "./secret-names.ts";

const separators = [",", ";", "\t", "|"];

/** A table of a `.csv` or `.tsv` file without what its columns that are named like secrets hold. */
export function maskColumns(path: string, text: string): { text: string; count: number } {
  const none = { text, count: 0 };
  if (!/\.(?:csv|tsv|psv)$/i.test(path)) return none;
  const first = text.slice(0, text.search(/\r?\n|$/));
  const often = (sign: string): number => first.split(sign).length;
  const separator = separators.toSorted((a, b) => often(b) - often(a))[0] as string;
  const names = first.split(separator).map(nameOf);
  let count = 0;
  let isHead = true;
  let column = 0;
  const clean: string[] = [];
  for (const { cell, end } of cellsOf(text, separator)) {
    const name = names[column] ?? "";
    const held = cell.replaceAll('"', "");
    const isSecret = !isHead && held !== "" && held !== MASK && (isSurelySecretName(name) || isSecretValue(name, held));
    if (isSecret) count++;
    clean.push(isSecret ? MASK : cell, end);
    column = end === separator ? column + 1 : 0;
    isHead &&= end === separator;
  }
  return count === 0 ? none : { text: clean.join(""), count };
}

/** Cells with what ends them: a line break within quotes is none. */
function* cellsOf(text: string, separator: string): Generator<{ cell: string; end: string }> {
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    // A quote within a cell is a sign like others.
    if (char === '"' && (isQuoted || at === start)) isQuoted = !isQuoted;
    // A doubled one opens it again.
    else if (char === '"' && text[at - 1] === '"') isQuoted = true;
    else if (!isQuoted && (char === separator || char === "\n")) {
      const end = char === "\n" && text[at - 1] === "\r" ? "\r\n" : char;
      yield { cell: text.slice(start, Math.max(start, at + 1 - end.length)), end };
      start = at + 1;
    }
  }
  yield { cell: text.slice(start), end: "" };
}

function nameOf(cell: string): string {
  return cell
    .replace(/^\uFEFF?"?|"$/g, "")
    .trim()
    .replaceAll(" ", "_");
}
