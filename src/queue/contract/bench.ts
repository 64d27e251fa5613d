import { encodeRequest } from "../chunk/chunk-codec.ts";
import type { ChunkDraft } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";
import type { Amount } from "../types.ts";

/** What the suite needs of a test library; that of vitest, Deno's `@std/expect` and Bun fit. */
export interface ContractTools {
  test(name: string, body: () => Promise<void>): unknown;
  expect(actual: unknown): {
    toBe(expected: unknown): void;
    toEqual(expected: unknown): void;
    toMatchObject(expected: object): void;
    readonly rejects: { toMatchObject(expected: object): Promise<void> };
  };
}

/** What the parts of the suite work with. */
export interface ContractBench {
  readonly expect: ContractTools["expect"];
  /** A test of an empty store; `again` closes it and opens the storage anew. */
  check(name: string, body: (store: QueueStore, again: () => Promise<QueueStore>) => Promise<void>): void;
  /** Places of the chunks above one. */
  orders(store: QueueStore, after?: number, limit?: number): Promise<number[]>;
}

/** No points and no requests. */
export const none: Amount = { points: 0, requests: 0 };
/** What the drafts hold. */
export const body: Uint8Array<ArrayBuffer> = encodeRequest({ any: "request" });

/** A chunk to put. */
export function draft(sequence: number, more: Partial<ChunkDraft> = {}): ChunkDraft {
  return { sequence, run: "r", kind: "tags", count: 1, sealed: true, at: 1, body, ...more };
}

/** What a put gives that took place. */
export function stored(order: number, count = 1): object {
  return { stored: true, order, count };
}
