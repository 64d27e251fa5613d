import type { QueueStore } from "../storage.ts";
import { type ContractBench, draft, none, body } from "./bench.ts";

/** What a reader of chunks may rely on. */
export function orderContract({ check, expect, orders }: ContractBench): void {
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

  check("chunk() gives a chunk that waits as it is, without the lead, and lets it grow", async (store) => {
    const blob = new Blob(["weights"]);
    await store.append("w", [draft(1, { sealed: false }), draft(2, { kind: "artifact", blob })]);
    const [tail, file] = [await store.chunk(1), await store.chunk(2)];
    expect(tail ?? {}).toMatchObject({ order: 1, sealed: false, writer: "w", bytes: body.length });
    expect([...(tail?.body ?? [])]).toEqual([...body]);
    expect(await file?.blob?.text()).toBe("weights");
    await store.append("w", [draft(1, { order: 1, count: 5 })]);
    expect((await store.chunk(1))?.count).toBe(5);
    await store.acknowledge(1, await store.beginTerm());
    expect(await store.chunk(1)).toBe(undefined);
  });

  check("seal() gives undefined when the chunk is gone", async (store) => {
    const term = await store.beginTerm();
    expect(await store.seal(1, term)).toBe(undefined);
  });

  check(
    "seal() names the last discard of the run that waits, however far behind, until it is dropped",
    async (store, again) => {
      const discards = async (reader: QueueStore, order: number): Promise<number | undefined> =>
        (await reader.seal(order, term))?.discardTo;
      await store.append("w", [draft(1), draft(2, { kind: "metrics", sealed: false }), draft(3, { run: "other" })]);
      const term = await store.beginTerm();
      expect(await discards(store, 1)).toBe(undefined);
      await store.append("w", [draft(4, { kind: "discard" }), draft(5)]);
      await store.append("v", [draft(1, { kind: "discard" })]);
      const later = await again();
      expect(await Promise.all([1, 2, 3, 4, 5].map((order) => discards(later, order)))).toEqual([
        6,
        6,
        undefined,
        6,
        6,
      ]);
      await later.drop(4, term);
      expect(await discards(later, 1)).toBe(6);
      await later.drop(6, term);
      expect(await discards(later, 1)).toBe(undefined);
      expect((await later.status()).waiting).toEqual({ points: 1, requests: 3 });
    },
  );

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
