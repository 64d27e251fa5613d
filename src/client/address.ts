/** What a request asks for: a list repeats its name, undefined values are left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** A query as it stands in an address, with its "?". */
export function toSearch(query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined) params.append(name, String(item));
    }
  }
  return params.size === 0 ? "" : `?${params}`;
}

/** What of an address may be shown: a query may hold a token. */
export function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/s, "");
}
