import type { Books } from "../account/books.ts";
import { type Content, keysOf, tryDecode } from "../chunk/content.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import { quarantineLine } from "./quarantine-line.ts";
import type { QuarantinedItem } from "./quarantine-types.ts";
import type { QuarantinedChunk } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";

const PAGE = 64;

/** What it needs. */
export interface StoredQuarantineParts {
  readonly store: QueueStore;
  /** Changes the storage and the counts. */
  readonly books: Pick<Books, "release" | "discard">;
  /** Called after things were put back, up to this place, or forgotten. */
  readonly onChange: (order: number) => Promise<void>;
  /** Called instead after a change that said that it failed, and may have taken place; must not reject. */
  readonly onDoubt: () => Promise<void>;
}

/** What the server refuses for good, as it lies in the storage: looked through page by page, one body at a time. */
export class StoredQuarantine {
  readonly #parts: StoredQuarantineParts;

  constructor(parts: StoredQuarantineParts) {
    this.#parts = parts;
  }

  /** All of it in the order of logging. */
  async *list(signal?: AbortSignal): AsyncGenerator<QuarantinedItem> {
    for await (const { item } of this.#walk(signal)) yield item;
  }

  /** All of it as lines of JSON. */
  async *export(signal?: AbortSignal): AsyncGenerator<string> {
    for await (const { item, chunk, content } of this.#walk(signal)) {
      yield await quarantineLine(item, content, chunk.body, chunk.blob);
    }
  }

  /** The body of an artifact, or the bytes of what is damaged; undefined when it is not there, or has none. */
  async body(id: string): Promise<Blob | undefined> {
    const order = placeOf(id);
    const chunk = order === undefined ? undefined : await this.#parts.store.quarantinedChunk(order);
    if (!chunk || chunk.blob) return chunk?.blob;
    return tryDecode(chunk) ? undefined : new Blob([chunk.body]);
  }

  /** Puts one, or all there is now, at the end of what waits; gives how many. */
  retry(id: string | undefined, signal?: AbortSignal): Promise<number> {
    return this.#each(id, signal, (chunk, keys) => this.#parts.books.release(chunk, keys));
  }

  /** Forgets one, or all there is now; gives how many. */
  discard(id: string | undefined, signal?: AbortSignal): Promise<number> {
    return this.#each(id, signal, async (chunk, keys) =>
      (await this.#parts.books.discard(chunk, keys)) ? 0 : undefined,
    );
  }

  async #each(
    id: string | undefined,
    signal: AbortSignal | undefined,
    act: (chunk: QuarantinedChunk, keys: KeyCounts) => Promise<number | undefined>,
  ): Promise<number> {
    const { store, onChange, onDoubt } = this.#parts;
    let done = 0;
    let last = 0;
    let acting = false;
    const one = async (chunk: QuarantinedChunk, content: Content | undefined): Promise<void> => {
      acting = true;
      const order = await act(chunk, keysIn(content));
      acting = false;
      if (order === undefined) return;
      done++;
      last = Math.max(last, order);
    };
    try {
      if (id !== undefined) {
        const order = placeOf(id);
        const chunk = order === undefined ? undefined : await store.quarantinedChunk(order);
        if (chunk) await one(chunk, tryDecode(chunk));
      } else {
        for await (const { chunk, content } of this.#walk(signal)) await one(chunk, content);
      }
    } finally {
      if (acting) await onDoubt();
      else if (done > 0) await onChange(last);
    }
    return done;
  }

  async *#walk(
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ item: QuarantinedItem; chunk: QuarantinedChunk; content: Content | undefined }> {
    const { store } = this.#parts;
    // What comes while one walks, and what comes back, is for another time.
    const { order: end } = await store.status();
    for (let after = 0; ; ) {
      const page = await store.quarantined(after, PAGE);
      for (const { order } of page) {
        after = order;
        signal?.throwIfAborted();
        if (order >= end + 1) return;
        const chunk = await store.quarantinedChunk(order);
        if (!chunk) continue;
        const content = tryDecode(chunk);
        const runId = (await store.mapping(chunk.run))?.runId;
        yield { item: itemOf(chunk, runId, content), chunk, content };
      }
      if (page.length < PAGE) return;
    }
  }
}

function itemOf(chunk: QuarantinedChunk, runId: string | undefined, content: Content | undefined): QuarantinedItem {
  const { order, run, kind, count, reason, at } = chunk;
  const keys = keysIn(content).map(([, key]) => key);
  return { id: `${order}`, run, runId, kind, keys, count, reason, at, atCall: false };
}

function keysIn(content: Content | undefined): KeyCounts {
  return content ? keysOf(content) : [];
}

function placeOf(id: string): number | undefined {
  const order = Number(id);
  return id !== "" && Number.isFinite(order) ? order : undefined;
}
