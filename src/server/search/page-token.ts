import { refuseValue } from "../refusal.ts";

/** MLflow's page token: base64 of `{"offset": n}`. */
export function pageToken(offset: number): string {
  return btoa(`{"offset": ${offset}}`);
}

/** The offset in a token; no or empty token means the beginning. */
export function pageOffset(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const offset = decoded(token);
  if (offset !== undefined) return offset;
  refuseValue("Invalid page token, could not base64-decode: it must be the next_page_token of an earlier answer");
}

function decoded(token: string): number | undefined {
  // atob() forgives missing padding, MLflow does not: "abc" must be refused.
  if (token.length % 4 !== 0) return undefined;
  try {
    const value: unknown = JSON.parse(atob(token));
    const offset = typeof value === "object" && value !== null && "offset" in value ? value.offset : undefined;
    return typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
  } catch {
    return undefined;
  }
}
