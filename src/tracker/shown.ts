import { escapeHtml } from "../internal/escape-html.ts";
import { groupThousands } from "../internal/group-thousands.ts";

/** What shows itself to people. */
export interface Shown {
  /** A piece of HTML, all texts escaped. */
  toHTML(): string;
}

/**
 * Makes an object show itself: in `console.log` of Node, Deno and Bun, in notebooks as text and HTML, in texts, and by
 * `toHTML()`.
 * The methods are not enumerable, so that copies, comparisons and JSON see the data only.
 */
export function shown<T extends object>(object: T, text: () => string): T & Shown {
  const toHTML = (): string => `<pre>${escapeHtml(text())}</pre>`;
  const methods: Record<string | symbol, unknown> = {
    toHTML,
    toString: text,
    [Symbol.for("nodejs.util.inspect.custom")]: text,
    [Symbol.for("Deno.customInspect")]: text,
    [Symbol.for("Jupyter.display")]: () => ({ "text/plain": text(), "text/html": toHTML() }),
  };
  for (const key of Reflect.ownKeys(methods)) {
    Object.defineProperty(object, key, { value: methods[key as string], configurable: true });
  }
  return object as T & Shown;
}

/** An amount for people: `1,184 points and 1 request`. */
export function amountText(amount: { readonly points: number; readonly requests: number }): string {
  const count = (number: number, word: string): string => `${groupThousands(number)} ${word}${number === 1 ? "" : "s"}`;
  return `${count(amount.points, "point")} and ${count(amount.requests, "request")}`;
}
