const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

// Control characters and lone surrogates make XML (and so SVG) unreadable as a whole, not only where they stand.
const illegal: RegExp = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|\p{Surrogate}/gu;

// Most texts are: they need no second look.
const harmless: RegExp = /^[\w .,:;/()+-]*$/;

/** Text for an element or a quoted attribute, in HTML and in XML. */
export function escapeHtml(text: string): string {
  if (harmless.test(text)) return text;
  return text.replace(illegal, "\ufffd").replace(/[&<>"']/g, (character) => entities[character] as string);
}
