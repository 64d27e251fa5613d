import { escapeHtml } from "./escape-html.ts";

/** A piece of HTML or SVG that is safe to put into a page. Made by `html` only. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

/** What `html` takes between its texts; arrays are joined, null, undefined and false are nothing. */
export type HtmlValue = string | number | Html | null | undefined | false | readonly HtmlValue[];

function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return escapeHtml(String(value));
}

/** Template tag: whatever stands between the literal texts is escaped, unless it is `Html` itself. */
export function html(texts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(texts.map((text, index) => text + render(values[index])).join(""));
}
