import { UnexpectedReplyError, type RequestFacts } from "../errors/network-errors.ts";

/** One page of a list. */
export interface Page<T> {
  readonly items: T[];
  /** Names the next page; undefined on the last one. */
  readonly nextPageToken: string | undefined;
  /** Asks for the next page; undefined when there is none. */
  next(): Promise<Page<T> | undefined>;
}

/** Asks for the page that a token names. */
export type LoadPage<T> = (
  pageToken: string | undefined,
) => Promise<{ readonly items: T[]; readonly nextPageToken: string | undefined }>;

/**
 * A list that the server gives in pages: await it for the first page, or iterate over all items. Nothing is asked
 * before one of the two happens.
 *
 * @example
 * ```ts
 * import { createClient } from "tracklet/client";
 *
 * const client = createClient({ trackingUri: "http://localhost:5000" });
 * for await (const run of client.runs.search({ experimentIds: ["1"] })) console.log(run.info.runName);
 * ```
 */
export class PagePromise<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  readonly #load: () => Promise<Page<T>>;
  #first: Promise<Page<T>> | undefined;

  /** @internal */
  constructor(load: LoadPage<T>, pageToken: string | undefined, request: RequestFacts) {
    this.#load = () => loadPage(load, pageToken === "" ? undefined : pageToken, new Set(), request);
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a list gives its first page.
  then<A = Page<T>, B = never>(
    onFulfilled?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#first ??= this.#load();
    return this.#first.then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let page: Page<T> | undefined = await this; page !== undefined; page = await page.next()) {
      yield* page.items;
    }
  }

  /**
   * All items of all pages.
   *
   * @throws UnexpectedReplyError when the server names a page twice, which would never end.
   */
  async all(): Promise<T[]> {
    const items: T[] = [];
    for (let page: Page<T> | undefined = await this; page !== undefined; page = await page.next()) {
      for (const item of page.items) items.push(item);
    }
    return items;
  }
}

async function loadPage<T>(
  load: LoadPage<T>,
  pageToken: string | undefined,
  seen: Set<string>,
  request: RequestFacts,
): Promise<Page<T>> {
  if (pageToken !== undefined) seen.add(pageToken);
  const { items, nextPageToken: token } = await load(pageToken);
  const nextPageToken = token === "" ? undefined : token;
  if (nextPageToken !== undefined && seen.has(nextPageToken)) {
    throw new UnexpectedReplyError(
      `Cannot ${request.method} ${request.url} as the page token must advance: the server named a page twice`,
      request,
    );
  }
  return {
    items,
    nextPageToken,
    next: async () => (nextPageToken === undefined ? undefined : loadPage(load, nextPageToken, seen, request)),
  };
}
