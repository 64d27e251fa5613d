import { printable } from "../internal/terminal-text.ts";
import type { QuarantinedLine } from "./queue-contents.ts";

const SHOWN = 20;
const KEYS = 5;

/** What was set aside and why, a line each. */
export function quarantineText(lines: readonly QuarantinedLine[]): string[] {
  const texts = lines.slice(0, SHOWN).map(({ run, runId, kind, keys, reason }) => {
    const named = keys.slice(0, KEYS).map((key) => ` "${key}"`);
    const more = keys.length > KEYS ? ` and ${keys.length - KEYS} more` : "";
    return printable(`  ${kind}${named.join(",")}${more} of run ${runId ?? run}: ${reason}`);
  });
  if (lines.length > SHOWN) texts.push(`  and ${lines.length - SHOWN} more`);
  return texts;
}
