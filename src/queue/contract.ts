import { encodeRequest } from "./chunk-codec.ts";
import type { ChunkDraft, QueueStorage, QueueStore } from "./storage.ts";

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

/**
 * The tests that every queue storage passes.
 *
 * @param create Makes an empty storage.
 * @param tools The test library's `test` and `expect`.
 *
 * @example
 * ```ts no-run
 * import { memoryQueue } from "tracklet";
 * import { queueContract } from "tracklet/queue/contract";
 * import { expect, test } from "vitest";
 *
 * queueContract(() => memoryQueue(), { test, expect });
 * ```
 */
export function queueContract(
  create: () => QueueStorage | Promise<QueueStorage>,
  { test, expect }: ContractTools,
): void {
  const open = async (): Promise<QueueStore> => (await create()).open();
  const check = (name: string, body: (store: QueueStore) => Promise<void>): void => {
    test(`QueueStore ${name}`, async () => {
      const store = await open();
      await body(store);
      await store.close();
    });
  };
  const orders = async (store: QueueStore, after = 0, limit = 100): Promise<number[]> =>
    (await store.heads(after, limit)).map(({ order }) => order);

  test("QueueStorage.open() gives what was appended before when it is opened twice", async () => {
    const storage = await create();
    await (await storage.open()).append("w", [draft(1)]);
    const store = await storage.open();
    expect(await orders(store)).toEqual([1]);
    await store.close();
  });

  check("starts empty", async (store) => {
    expect(await store.status()).toEqual({
      waiting: none,
      delivered: none,
      quarantined: none,
      dropped: none,
      bytes: 0,
      blobBytes: 0,
      order: 0,
    });
    expect(await store.heads(0, 10)).toEqual([]);
    expect(await store.quarantined(0, 10)).toEqual([]);
    expect(await store.mapping("r")).toBe(undefined);
    expect(await store.desired("r")).toBe(undefined);
  });

  check("append() gives places in one order over all writers", async (store) => {
    expect(await store.append("a", [draft(1), draft(2)])).toEqual([stored(1), stored(2)]);
    expect(await store.append("b", [draft(1)])).toEqual([stored(3)]);
    expect(await store.append("a", [draft(3)])).toEqual([stored(4)]);
    expect((await store.heads(0, 10)).map(({ writer, sequence, order }) => [writer, sequence, order])).toEqual([
      ["a", 1, 1],
      ["a", 2, 2],
      ["b", 1, 3],
      ["a", 3, 4],
    ]);
    expect((await store.status()).order).toBe(4);
  });

  check("heads() gives headers above a place, at most as many as asked for", async (store) => {
    await store.append("w", [draft(1), draft(2, { kind: "metrics", count: 7, at: 5 }), draft(3)]);
    expect(await orders(store, 1)).toEqual([2, 3]);
    expect(await orders(store, 0, 2)).toEqual([1, 2]);
    expect(await orders(store, 3)).toEqual([]);
    expect((await store.heads(1, 1))[0] ?? {}).toMatchObject({
      writer: "w",
      sequence: 2,
      order: 2,
      span: 1,
      run: "r",
      kind: "metrics",
      count: 7,
      at: 5,
      sealed: true,
      attempted: 0,
      bytes: body.length,
    });
  });

  check("append() replaces an unsealed chunk in its place", async (store) => {
    await store.append("w", [draft(1, { sealed: false, kind: "metrics", count: 1 }), draft(2)]);
    expect(await store.append("w", [draft(1, { order: 1, sealed: false, kind: "metrics", count: 5 })])).toEqual([
      stored(1, 5),
    ]);
    expect(await orders(store)).toEqual([1, 2]);
    expect((await store.status()).waiting).toEqual({ points: 5, requests: 1 });
    const term = await store.beginTerm();
    expect((await store.seal(1, term)) ?? {}).toMatchObject({ count: 5, sealed: true });
  });

  check("append() leaves a chunk that the leader sealed, and says what it holds", async (store) => {
    await store.append("w", [draft(1, { sealed: false, kind: "metrics", count: 3 })]);
    const term = await store.beginTerm();
    await store.seal(1, term);
    expect(await store.append("w", [draft(1, { order: 1, sealed: true, kind: "metrics", count: 9 })])).toEqual([
      { stored: false, order: 1, count: 3 },
    ]);
    expect((await store.status()).waiting).toEqual({ points: 3, requests: 0 });
  });

  check("append() repeated after a delivery changes nothing", async (store) => {
    await store.append("w", [draft(1), draft(2)]);
    const term = await store.beginTerm();
    await store.seal(1, term);
    await store.acknowledge(1, term);
    const gone = { stored: false, order: 0, count: undefined };
    expect(await store.append("w", [draft(1)])).toEqual([gone]);
    expect(await store.append("w", [draft(1, { order: 1 })])).toEqual([gone]);
    expect(await orders(store)).toEqual([2]);
    expect(await store.append("w", [draft(3)])).toEqual([stored(3)]);
  });

  check("append() repeated after a delivery says what the chunk held that was put again last", async (store) => {
    const tail = { order: 1, sealed: false, kind: "metrics", count: 5 } as const;
    await store.append("w", [draft(1, { sealed: false, kind: "metrics", count: 1 }), draft(2)]);
    await store.append("w", [draft(1, tail)]);
    await store.acknowledge(1, await store.beginTerm());
    const gone = { stored: false, order: 0, count: 5 };
    expect(await store.append("w", [draft(1, tail)])).toEqual([gone]);
    expect(await store.append("w", [draft(1, { ...tail, count: 9 })])).toEqual([gone]);
    await store.append("w", [draft(3)]);
    expect((await store.append("w", [draft(1, tail)]))[0]?.count).toBe(undefined);
  });

  check("leaveNote() keeps the note of the present term only", async (store) => {
    expect(await store.note()).toBe(undefined);
    const first = await store.beginTerm();
    await store.leaveNote(first, "one");
    await store.leaveNote(first, "two");
    const second = await store.beginTerm();
    await expect(store.leaveNote(first, "three")).rejects.toMatchObject({ name: "StaleTermError" });
    expect(await store.note()).toBe("two");
    await store.leaveNote(second, "four");
    expect(await store.note()).toBe("four");
  });

  check("append() repeated without the place it got changes nothing", async (store) => {
    await store.append("w", [draft(1), draft(2)]);
    expect((await store.append("w", [draft(2)]))[0] ?? {}).toMatchObject({ stored: false });
    expect(await orders(store)).toEqual([1, 2]);
    expect((await store.status()).waiting).toEqual({ points: 0, requests: 2 });
  });

  check("append() keeps the body and the blob of a chunk", async (store) => {
    const blob = new Blob(["weights"]);
    await store.append("w", [draft(1, { kind: "artifact", blob })]);
    expect((await store.status()).blobBytes).toBe(7);
    const chunk = await store.seal(1, await store.beginTerm());
    expect([...(chunk?.body ?? [])]).toEqual([...body]);
    expect(await chunk?.blob?.text()).toBe("weights");
  });

  check("append() merges desired state, the last write of each field winning", async (store) => {
    await store.append("w", [], new Map([["r", { status: "RUNNING", tags: { a: "1", b: "1" } }]]));
    await store.append(
      "w",
      [draft(1)],
      new Map([["r", { status: "FINISHED", endTime: 9, tags: { b: null, c: "2" } }]]),
    );
    expect(await store.desired("r")).toEqual({ status: "FINISHED", endTime: 9, tags: { a: "1", b: null, c: "2" } });
    expect(await store.desired("other")).toBe(undefined);
  });

  check("seal() gives undefined when the chunk is gone", async (store) => {
    const term = await store.beginTerm();
    expect(await store.seal(1, term)).toBe(undefined);
  });

  check("acknowledge() deletes and counts as delivered, once", async (store) => {
    await store.append("w", [draft(1, { kind: "metrics", count: 4 }), draft(2, { kind: "params", count: 2 })]);
    const term = await store.beginTerm();
    await store.acknowledge(1, term);
    await store.acknowledge(1, term);
    expect(await orders(store)).toEqual([2]);
    expect(await store.status()).toMatchObject({
      waiting: { points: 0, requests: 2 },
      delivered: { points: 4, requests: 0 },
      bytes: body.length,
    });
  });

  check("acknowledge() keeps the mapping of the run that it created", async (store) => {
    await store.append("w", [draft(1, { kind: "create" })]);
    const mapping = { localId: "r", runId: "abc", experimentId: "1", rootId: "root" };
    await store.acknowledge(1, await store.beginTerm(), mapping);
    expect(await store.mapping("r")).toEqual(mapping);
  });

  check("map() keeps the first mapping of a run and gives it", async (store) => {
    const first = { localId: "r", runId: "abc", experimentId: "1" };
    expect(await store.map(first)).toEqual(first);
    expect(await store.map({ ...first, runId: "def" })).toEqual(first);
    expect(await store.mapping("r")).toEqual(first);
  });

  check("drop() deletes and counts as dropped", async (store) => {
    await store.append("w", [draft(1, { kind: "metrics", count: 4 })]);
    await store.drop(1, await store.beginTerm());
    expect(await store.status()).toMatchObject({ waiting: none, dropped: { points: 4, requests: 0 }, bytes: 0 });
  });

  check("markAttempted() notes the term of the first try", async (store) => {
    await store.append("w", [draft(1)]);
    const first = await store.beginTerm();
    await store.markAttempted(1, first);
    const second = await store.beginTerm();
    await store.markAttempted(1, second);
    expect((await store.heads(0, 1))[0]?.attempted).toBe(first);
  });

  check("replace() puts children between the parent's place and the next one", async (store) => {
    await store.append("w", [draft(1), draft(2, { kind: "metrics", count: 10 }), draft(3)]);
    const term = await store.beginTerm();
    const half = { kind: "metrics", count: 5, body } as const;
    const children = (await store.replace(2, term, [half, half], "delivered")) ?? [];
    expect(children.map(({ order, span }) => [order, span])).toEqual([
      [2, 0.5],
      [2.5, 0.5],
    ]);
    expect(children[1] ?? {}).toMatchObject({
      run: "r",
      kind: "metrics",
      count: 5,
      sealed: true,
      attempted: 0,
      bytes: body.length,
    });
    expect(await orders(store)).toEqual([1, 2, 2.5, 3]);
    expect(await orders(store, 2)).toEqual([2.5, 3]);
    expect((await store.status()).waiting).toEqual({ points: 10, requests: 2 });
    await store.replace(
      2.5,
      term,
      [
        { ...half, count: 2 },
        { ...half, count: 3 },
      ],
      "delivered",
    );
    expect(await orders(store)).toEqual([1, 2, 2.5, 2.75, 3]);
    await store.acknowledge(2, term);
    expect(await orders(store)).toEqual([1, 2.5, 2.75, 3]);
  });

  check("replace() counts what the children lack", async (store) => {
    await store.append("w", [draft(1, { kind: "metrics", count: 10 }), draft(2, { kind: "metrics", count: 4 })]);
    const term = await store.beginTerm();
    await store.replace(1, term, [{ kind: "metrics", count: 6, body }], "dropped");
    await store.replace(2, term, [], "delivered");
    expect(await store.status()).toMatchObject({
      waiting: { points: 6, requests: 0 },
      dropped: { points: 4, requests: 0 },
      delivered: { points: 4, requests: 0 },
    });
    expect(await store.replace(2, term, [], "delivered")).toBe(undefined);
  });

  check("replace() keeps the writer from putting the parent again", async (store) => {
    await store.append("w", [draft(1, { kind: "metrics", count: 2, sealed: false })]);
    const term = await store.beginTerm();
    await store.seal(1, term);
    const one = { kind: "metrics", count: 1, body } as const;
    await store.replace(1, term, [one, one], "delivered");
    const [again] = await store.append("w", [draft(1, { order: 1, kind: "metrics", count: 3 })]);
    // What is there now is a part: its count is not what the writer had put.
    expect(again ?? {}).toEqual({ stored: false, order: 0, count: undefined });
    expect((await store.status()).waiting).toEqual({ points: 2, requests: 0 });
  });

  check("quarantine() sets a chunk aside with the reason, out of the order", async (store) => {
    await store.append("w", [draft(1, { kind: "params", count: 1 }), draft(2)]);
    await store.quarantine(1, await store.beginTerm(), "conflict");
    expect(await orders(store)).toEqual([2]);
    const [header] = await store.quarantined(0, 10);
    expect(header ?? {}).toMatchObject({ order: 1, kind: "params", reason: "conflict", bytes: body.length });
    expect(Object.keys(header ?? {}).filter((name) => name === "body" || name === "blob")).toEqual([]);
    const chunk = await store.quarantinedChunk(1);
    expect(chunk ?? {}).toMatchObject({ order: 1, kind: "params", reason: "conflict" });
    expect([...(chunk?.body ?? [])]).toEqual([...body]);
    expect(await store.quarantinedChunk(2)).toBe(undefined);
    expect(await store.status()).toMatchObject({
      waiting: { points: 0, requests: 1 },
      quarantined: { points: 0, requests: 1 },
    });
  });

  check("release() puts a quarantined chunk at the end of the order", async (store) => {
    await store.append("w", [draft(1, { kind: "params" }), draft(2)]);
    await store.quarantine(1, await store.beginTerm(), "conflict");
    expect(await store.release(1)).toBe(true);
    expect(await store.release(1)).toBe(false);
    expect(await orders(store)).toEqual([2, 3]);
    expect(await store.quarantined(0, 10)).toEqual([]);
    expect(await store.status()).toMatchObject({ waiting: { points: 0, requests: 2 }, quarantined: none });
    const again = await store.seal(3, await store.beginTerm());
    expect(again ?? {}).toMatchObject({ order: 3, span: 1, sealed: true });
    expect([...(again?.body ?? [])]).toEqual([...body]);
  });

  check("quarantined() gives pages in order", async (store) => {
    await store.append(
      "w",
      [1, 2, 3, 4].map((n) => draft(n)),
    );
    const term = await store.beginTerm();
    for (const order of [4, 1, 3]) await store.quarantine(order, term, `no ${order}`);
    const page = async (after: number, limit: number): Promise<number[]> =>
      (await store.quarantined(after, limit)).map(({ order }) => order);
    expect(await page(0, 2)).toEqual([1, 3]);
    expect(await page(3, 2)).toEqual([4]);
    expect(await page(4, 2)).toEqual([]);
  });

  check("quarantine() keeps the body of an artifact until it is discarded", async (store) => {
    const blob = new Blob(["weights"]);
    await store.append("w", [draft(1, { kind: "artifact", blob })]);
    await store.quarantine(1, await store.beginTerm(), "no");
    expect((await store.status()).blobBytes).toBe(0);
    expect(await (await store.quarantinedChunk(1))?.blob?.text()).toBe("weights");
    expect(await store.discard(1)).toBe(true);
    expect(await store.quarantinedChunk(1)).toBe(undefined);
  });

  check("discard() forgets a quarantined chunk and counts it as dropped", async (store) => {
    await store.append("w", [draft(1, { kind: "metrics", count: 3 })]);
    await store.quarantine(1, await store.beginTerm(), "no");
    expect(await store.discard(1)).toBe(true);
    expect(await store.discard(1)).toBe(false);
    expect(await store.status()).toMatchObject({ quarantined: none, dropped: { points: 3, requests: 0 } });
  });

  check("refuses all that only a leader may do to one of an earlier term", async (store) => {
    await store.append("w", [draft(1)]);
    const old = await store.beginTerm();
    const term = await store.beginTerm();
    expect(term > old).toBe(true);
    const stale = { name: "StaleTermError" };
    await expect(store.seal(1, old)).rejects.toMatchObject(stale);
    await expect(store.markAttempted(1, old)).rejects.toMatchObject(stale);
    await expect(store.acknowledge(1, old)).rejects.toMatchObject(stale);
    await expect(store.drop(1, old)).rejects.toMatchObject(stale);
    await expect(store.replace(1, old, [], "dropped")).rejects.toMatchObject(stale);
    await expect(store.quarantine(1, old, "no")).rejects.toMatchObject(stale);
    expect(await orders(store)).toEqual([1]);
    expect((await store.seal(1, term))?.order).toBe(1);
  });

  check("reads on in order while chunks go and come", async (store) => {
    const term = await store.beginTerm();
    for (let round = 1; round <= 300; round += 3) {
      await store.append("w", [draft(round), draft(round + 1), draft(round + 2)]);
      await store.acknowledge(round, term);
      await store.acknowledge(round + 2, term);
    }
    const left = Array.from({ length: 100 }, (_, n) => 3 * n + 2);
    expect(await orders(store, 0, 1000)).toEqual(left);
    expect(await orders(store, 100, 5)).toEqual(left.filter((order) => order > 100).slice(0, 5));
  });
}

const none = { points: 0, requests: 0 };
const body = encodeRequest({ any: "request" });

function draft(sequence: number, more: Partial<ChunkDraft> = {}): ChunkDraft {
  return { sequence, run: "r", kind: "tags", count: 1, sealed: true, at: 1, body, ...more };
}

function stored(order: number, count = 1): object {
  return { stored: true, order, count };
}
