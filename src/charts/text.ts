import { groupThousands } from "../internal/group-thousands.ts";
import { displayWidth, truncate } from "../internal/terminal-text.ts";

const perColumn = 0.6;

/** About how many pixels a text takes; there is no font to ask where a chart is made. */
export function textWidth(text: string, size: number): number {
  return displayWidth(text) * size * perColumn;
}

/** The text cut to about that many pixels. */
export function fitText(text: string, size: number, width: number): string {
  return truncate(text, Math.max(1, Math.floor(width / (size * perColumn))));
}

/** A length in pixels as SVG says it, to a tenth. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** `1 line`, `2,000 lines`. */
export function count(amount: number, noun: string): string {
  return `${groupThousands(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}
