import { refuseValue } from "../refusal.ts";
import type { ModelOrder } from "./logged-model-order.ts";

/** What a page token of a search of logged models belongs to: it is of no use for another search. */
export interface ModelSearch {
  readonly experiment_ids: readonly string[];
  readonly filter_string: string | null;
  readonly order_by: readonly ModelOrder[] | null;
}

/** MLflow's page token: base64 of the search with the offset of the page, in ASCII. */
export function modelPageToken(search: ModelSearch, offset: number): string {
  const text = JSON.stringify({ ...search, offset });
  return btoa(text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`));
}

/** The offset in a token; no or empty token means the beginning. */
export function modelPageOffset(token: string | undefined, search: ModelSearch): number {
  if (token === undefined || token === "") return 0;
  const found = decoded(token);
  const offset = found?.["offset"];
  if (found === undefined || typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0) {
    refuseValue("Invalid page token: it must be the next_page_token of an earlier answer");
  }
  for (const name of ["experiment_ids", "filter_string", "order_by"] as const) {
    if (JSON.stringify(found[name] ?? null) === JSON.stringify(search[name])) continue;
    refuseValue(
      `Invalid page token: its ${name} is not that of this search, which must ask for the same as the first page`,
    );
  }
  return offset;
}

function decoded(token: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(atob(token));
    return typeof value === "object" && value !== null ? (value as { readonly [name: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}
