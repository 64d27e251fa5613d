interface PageGlobals {
  readonly document?: { readonly nodeType?: number };
  readonly navigator?: { readonly userAgent?: string };
  readonly indexedDB?: { readonly constructor: { readonly name: string; toString(): string } };
}

/** Version of Chromium, if this is a page of it, with its own IndexedDB and not a stand-in. */
export function chromiumVersion(): string | undefined {
  const { document, navigator, indexedDB } = globalThis as PageGlobals;
  if (document?.nodeType !== 9 || !/\[native code\]/.test(String(indexedDB?.constructor))) return undefined;
  return /\b(?:Headless)?Chrome\/([\d.]+)/.exec(navigator?.userAgent ?? "")?.[1];
}
