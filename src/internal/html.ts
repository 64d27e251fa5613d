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
  if (typeof value === "object") {
    let text = "";
    for (const one of value) text += render(one);
    return text;
  }
  return escapeHtml(String(value));
}

/** Template tag: whatever stands between the literal texts is escaped, unless it is `Html` itself. */
export function html(texts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let text = texts[0] as string;
  for (let index = 0; index < values.length; index++) text += render(values[index]) + (texts[index + 1] as string);
  return new Html(text);
}
