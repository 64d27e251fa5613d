/** A query as it stands in an address, with its "?"; undefined values are left out. */
export function toSearch(query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) params.append(name, String(value));
  }
  return params.size === 0 ? "" : `?${params}`;
}

/** What of an address may be shown: a query may hold a token. */
export function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/s, "");
}
