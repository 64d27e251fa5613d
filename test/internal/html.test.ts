import { expect, test } from "vitest";
import { escapeHtml } from "../../src/internal/escape-html.ts";
import { html } from "../../src/internal/html.ts";

test("escapeHtml() escapes for elements and for attributes in either quotes", () => {
  expect(escapeHtml(`<a href="x" title='y'>&`)).toBe("&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
});

test("escapeHtml() replaces what no XML may hold", () => {
  expect(escapeHtml("a\u0000b\u001bc\ud800d\uffffe")).toBe("a\ufffdb\ufffdc\ufffdd\ufffde");
  expect(escapeHtml("tab\tline\n😀")).toBe("tab\tline\n😀");
});

test("html escapes values, joins arrays, keeps html and leaves out nothing", () => {
  const inner = html`<b>${"<"}</b>`;
  expect(html`<p>${inner}${[inner, "&", 1]}${null}${undefined}${false}</p>`.text).toBe(
    "<p><b>&lt;</b><b>&lt;</b>&amp;1</p>",
  );
});
