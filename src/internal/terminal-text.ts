const graphemes: Intl.Segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const ascii: RegExp = /^[\x20-\x7e]*$/;
const wide: RegExp =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const invisible: RegExp = /^[\p{Mark}\p{Format}]+$/u;

/**
 * Text as one line that cannot move the cursor, colour the screen or turn the direction of writing: control and
 * formatting characters become `\ufffd`, line ends a space.
 */
export function printable(text: string): string {
  return text
    .replace(/[\r\n\t\u0085\u2028\u2029]+/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu, "\ufffd");
}

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}

/** Columns that a printable text takes on a terminal: 2 for East Asian characters and emoji. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** At most `width` columns of a printable text, with `…` where something is left out. */
export function truncate(text: string, width: number): string {
  if (text.length <= width && ascii.test(text)) return text;
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = graphemeWidth(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return width < 1 ? "" : `${kept}…`;
}

/** The text filled with spaces to `width` columns, to the left or to the right. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + space : space + text;
}
