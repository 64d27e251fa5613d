import { MASK } from "./secret-fields.ts";
import { isSecretName } from "./secret-names.ts";

/** `passphrase: |`, also of a list and of a diff. */
const begins = /^([+\- \t]*)(["']?)([\w.-]{1,80})\2:[ \t]+[|>][+\-\d]{0,2}[ \t]*\r?$/;

/** A text whose blocks of YAML are masked where their name is one of a secret. */
export function maskBlocks(text: string): { text: string; count: number } {
  if (!/:[ \t]{1,9}[|>][+\-\d]{0,2}[ \t]{0,9}\r?$/m.test(text)) return { text, count: 0 };
  let count = 0;
  const lines: string[] = [];
  /** Signs before the name of the block that is masked; undefined outside of one. */
  let depth: number | undefined;
  let isMasked = false;
  for (const line of text.split("\n")) {
    const lead = /^[+\- \t]*/.exec(line)?.[0] ?? "";
    const isInside = depth !== undefined && (line.trim() === "" || lead.length > depth);
    if (!isInside) {
      const found = begins.exec(line);
      depth = found !== null && isSecretName(found[3] ?? "") ? (found[1] ?? "").length : undefined;
      isMasked = false;
      lines.push(line);
    } else if (line.trim() === "" || line.trim() === MASK) lines.push(line);
    else {
      if (!isMasked) lines.push(lead + MASK);
      isMasked = true;
      count++;
    }
  }
  return count === 0 ? { text, count } : { text: lines.join("\n"), count };
}
