import { PagePromise } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type { SearchRegistryQuery } from "./types/registry.ts";
import type { Schema } from "./wire/entities.ts";
import type { PageWire } from "./wire/types.ts";

/** One of the two searches of the registry, which are GET requests. */
export interface RegistrySearch<Reply extends PageWire> {
  readonly path: string;
  /** Items of one page unless the query says another number. */
  readonly maxResults: number;
  readonly schema: Schema<Reply>;
}

/** Searches registered models or their versions, page by page. */
export function searchRegistry<Reply extends PageWire, T>(
  transport: Transport,
  search: RegistrySearch<Reply>,
  items: (reply: Reply) => T[],
  query: SearchRegistryQuery,
  options: CallOptions | undefined,
): PagePromise<T> {
  const { path } = search;
  const { filter, orderBy, maxResults = search.maxResults, pageToken } = query;
  const fields = { filter, order_by: orderBy, max_results: maxResults };
  const load = async (token: string | undefined) => {
    const request = { method: "GET", path, query: { ...fields, page_token: token } } as const;
    const reply = await transport.json(request, search.schema, options);
    return { items: items(reply), nextPageToken: reply.next_page_token };
  };
  return new PagePromise(load, pageToken, { method: "GET", url: `${transport.trackingUri}/${path}` });
}
