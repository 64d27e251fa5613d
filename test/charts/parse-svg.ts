/** One element of a drawing. */
export interface SvgElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (SvgElement | string)[];
}

/**
 * Reads an SVG strictly, as an XML parser would, and fails for tags that do not match, bare `<` or `&`, doubled
 * attributes and characters that XML does not allow. Every runtime has it; only browsers have a DOMParser.
 */
export function parseSvg(text: string): SvgElement {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.test(text))
    throw new Error("illegal character");
  const root: SvgElement = { name: "#document", attributes: {}, children: [] };
  const open: SvgElement[] = [root];
  const pattern = /<(\/?)([a-zA-Z]+)((?:\s[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/g;
  for (const [, closing, name = "", attributes = "", selfClosing, content, bare] of text.matchAll(pattern)) {
    const parent = open.at(-1) as SvgElement;
    if (bare !== undefined) throw new Error("bare <");
    if (content !== undefined) parent.children.push(decode(content));
    else if (closing === "/") {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const element: SvgElement = { name, attributes: readAttributes(attributes), children: [] };
      parent.children.push(element);
      if (selfClosing !== "/") open.push(element);
    }
  }
  const [only, ...more] = root.children;
  if (open.length !== 1 || more.length > 0 || typeof only !== "object") throw new Error("not one closed element");
  return only;
}

/** All elements of that name, in their order. */
export function findAll(element: SvgElement, name: string): SvgElement[] {
  return element.children.flatMap((child) =>
    typeof child === "string" ? [] : [...(child.name === name ? [child] : []), ...findAll(child, name)],
  );
}

/** All text below an element. */
export function textOf(element: SvgElement): string {
  return element.children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");
}

function readAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/([a-zA-Z][\w:-]*)="([^"]*)"/g)) {
    if (Object.hasOwn(attributes, name)) throw new Error(`${name} twice`);
    attributes[name] = decode(value);
  }
  return attributes;
}

function decode(text: string): string {
  const characters: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&([^;]*;?)/g, (_, entity: string) => {
    const character = entity.endsWith(";") ? characters[entity.slice(0, -1)] : undefined;
    if (character === undefined) throw new Error(`bare & in ${text}`);
    return character;
  });
}
