import type { Secrets } from "./secrets.ts";

/** What a diff says of one file. */
export interface DiffSection {
  readonly path: string;
  readonly text: string;
  readonly kind: "text" | "binary" | "binary without content";
}

/** Takes a diff apart; renames must be told as a deletion and a new file. */
export function diffSections(diff: string): DiffSection[] {
  // A line of content begins with a space, a sign or a letter of base85, which has no space after it.
  const texts = diff.split(/^(?=diff --git )/m).filter((text) => text.startsWith("diff --git "));
  return texts.map((text) => {
    const kind = /^GIT binary patch$/m.test(text)
      ? "binary"
      : /^Binary files .* differ$/m.test(text)
        ? "binary without content"
        : "text";
    return { path: pathOf(text), text, kind };
  });
}

/** `diff --git a/PATH b/PATH`: both are the same, and either may have spaces. */
function pathOf(text: string): string {
  const both = text.slice("diff --git ".length, text.search(/\r?\n|$/));
  if (both.startsWith('"')) return both.slice('"a/'.length, (both.length - 1) / 2 - 1);
  return both.slice("a/".length, (both.length - 1) / 2);
}

/**
 * A section without secrets: in lines that are added they are masked. Undefined when one stands elsewhere, as what git
 * has must be there for the diff to apply.
 */
export function cleanSection(
  { text, kind }: DiffSection,
  secrets: Secrets,
): { text: string; count: number } | undefined {
  if (kind !== "text") return { text, count: 0 };
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text)) return undefined;
  if (secrets.redact(text).count === 0) return { text, count: 0 };
  let count = 0;
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const clean = secrets.redact(line);
    if (clean.count > 0 && (!line.startsWith("+") || line.startsWith("+++ "))) return undefined;
    count += clean.count;
    lines.push(clean.text);
  }
  const whole = lines.join("\n");
  // What only shows over several lines cannot be masked line by line.
  return secrets.redact(whole).count > 0 ? undefined : { text: whole, count };
}
