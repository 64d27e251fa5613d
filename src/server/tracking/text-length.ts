import { refuseValue } from "../refusal.ts";

/** Characters as Python counts them: code points, not UTF-16 units. */
export function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > limit * 2) return true;
  let count = 0;
  for (const _ of text) if (++count > limit) return true;
  return false;
}

/** The first `limit` characters. MLflow cuts long param and tag values without a word. */
export function cut(text: string, limit: number): string {
  if (!isLonger(text, limit)) return text;
  let end = 0;
  for (let count = 0; count < limit; count++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/** Refuses a text that is too long. */
export function checkLength(text: string, limit: number, what: string): void {
  if (isLonger(text, limit)) refuseValue(`'${what}' exceeds the maximum length of ${limit} characters`);
}
