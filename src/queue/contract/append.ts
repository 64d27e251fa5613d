import { type ContractBench, draft, stored, body } from "./bench.ts";

/** What writers may rely on. */
export function appendContract({ check, expect, orders }: ContractBench): void {
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
    await store.append("w", [], new Map([["r", { name: "b" }]]));
    expect(await store.append("w", [draft(1, { ...tail, count: 9 })])).toEqual([gone]);
    await store.append("w", [draft(3)]);
    expect((await store.append("w", [draft(1, tail)]))[0]?.count).toBe(undefined);
  });

  check("append() repeated without the place it got changes nothing", async (store) => {
    await store.append("w", [draft(1), draft(2)]);
    expect((await store.append("w", [draft(2)]))[0] ?? {}).toMatchObject({ stored: false });
    expect(await orders(store)).toEqual([1, 2]);
    expect((await store.status()).waiting).toEqual({ points: 0, requests: 2 });
  });

  check("append() of writers in turn knows what each of them put last", async (store) => {
    const tail = { sealed: false, kind: "metrics", count: 5 } as const;
    await store.append("a", [draft(1, tail)]);
    await store.append("b", [draft(1, tail)]);
    await store.append("a", [draft(1, { ...tail, order: 1 }), draft(2)]);
    await store.append("b", [draft(2)]);
    const term = await store.beginTerm();
    for (const order of [1, 2, 3]) await store.acknowledge(order, term);
    expect(await store.append("a", [draft(1, { ...tail, order: 1 })])).toEqual([{ stored: false, order: 0, count: 5 }]);
    for (const writer of ["a", "b"]) expect((await store.append(writer, [draft(2)]))[0]?.stored).toBe(false);
    expect(await orders(store)).toEqual([4]);
  });

  check("append() leaves its counts behind, if it counts them", async (store) => {
    await store.append("w", [draft(1, { kind: "metrics", count: 7 })]);
    expect(store.counted ?? (await store.status())).toEqual(await store.status());
  });

  check("append() keeps the body and the blob of a chunk", async (store) => {
    const blob = new Blob(["weights"]);
    await store.append("w", [draft(1, { kind: "artifact", blob })]);
    expect((await store.status()).blobBytes).toBe(7);
    const chunk = await store.seal(1, await store.beginTerm());
    expect([...(chunk?.body ?? [])]).toEqual([...body]);
    expect(await chunk?.blob?.text()).toBe("weights");
  });

  check("append() keeps that a chunk of another queue may have been sent there", async (store) => {
    await store.append("w", [draft(1, { attempted: 7 }), draft(2)]);
    expect((await store.heads(0, 2)).map(({ attempted }) => attempted)).toEqual([7, 0]);
    const term = await store.beginTerm();
    await store.markAttempted(1, term);
    expect((await store.seal(1, term))?.attempted).toBe(7);
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

  check("append() repeated does not write its state over what another writer has put since", async (store) => {
    const tags = [draft(1, { kind: "tags" })];
    await store.append("a", tags, new Map([["r", { tags: { t: "old" } }]]));
    await store.append("b", tags, new Map([["r", { tags: { t: "new" } }]]));
    await store.append("a", tags, new Map([["r", { tags: { t: "old" } }]]));
    expect(await store.desired("r")).toEqual({ tags: { t: "new" } });
  });

  check("append() keeps a body, a state and an account of 3 MB each, wherever the chunk goes", async (store, again) => {
    const large = new Uint8Array(3_000_001);
    for (let at = 0; at < large.length; at++) large[at] = at % 251;
    const tags = { a: "語".repeat(500_000), b: "語".repeat(500_000) };
    const accounts = [{ run: "r", bucket: 0, lines: large }];
    await store.append("w", [draft(1, { body: large }), draft(2)], new Map([["r", { tags }]]), accounts);
    const more = new Map([["r", { tags: { b: null, c: "1" } }]]);
    await store.append("w", [draft(3, { body: large }), draft(4, { body: large })], more);
    // A sample that meets any part which is missing, or at another place.
    const isSame = (found: Uint8Array | undefined, whole: Uint8Array = large): boolean => {
      for (let at = 0; at < whole.length; at += 997) if (found?.[at] !== whole[at]) return false;
      return found?.length === whole.length;
    };

    const later = await again();
    const term = await later.beginTerm();
    expect((await later.heads(0, 9)).map(({ bytes }) => bytes)).toEqual([
      large.length,
      body.length,
      large.length,
      large.length,
    ]);
    expect(isSame((await later.seal(1, term))?.body)).toBe(true);
    const state = (await later.desired("r"))?.tags;
    expect([state?.["a"] === tags.a, state?.["b"], state?.["c"]]).toEqual([true, null, "1"]);
    expect(isSame((await later.accounts("r"))[0]?.lines)).toBe(true);
    await later.quarantine(1, term, "refused");
    expect(isSame((await later.quarantinedChunk(1))?.body)).toBe(true);
    expect(await later.release(1)).toBe(5);
    expect(isSame((await later.chunk(5))?.body)).toBe(true);
    const half = large.slice(0, 2_000_000);
    const parts = [half, body].map((part) => ({ kind: "tags" as const, count: 1, body: part }));
    await later.replace(3, term, parts, "dropped");
    expect(isSame((await later.chunk(3))?.body, half)).toBe(true);
    expect(await later.replace(3, term, parts, "dropped")).toMatchObject([{ order: 3 }, { order: 3.5 }]);
    await later.acknowledge(4, term);
    await later.append("v", [], new Map([["r", { tags: { a: "short" } }]]));
    expect((await later.desired("r"))?.tags).toEqual({ a: "short", b: null, c: "1" });
    expect(await later.status()).toMatchObject({ bytes: large.length + half.length + 2 * body.length });
  });
}
