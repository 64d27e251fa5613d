import { type ContractBench, draft, none, body } from "./bench.ts";

/** What becomes of a chunk that was sent, or is given up. */
export function acknowledgeContract({ check, expect, orders }: ContractBench): void {
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

  check("mappings() gives those of the server's runs page by page, in the order of ids", async (store) => {
    const mappings = ["c", "a", "d", "b"].map((localId) => ({ localId, runId: `of ${localId}`, experimentId: "1" }));
    for (const mapping of mappings) await store.map(mapping);
    await store.append("w", [draft(1, { run: "b2" })], new Map([["b2", { status: "FINISHED" }]]));
    const [c, a, d, b] = mappings;
    expect(await store.mappings("", 3)).toEqual([a, b, c]);
    expect(await store.mappings("a", 1)).toEqual([b]);
    expect(await store.mappings("b", 10)).toEqual([c, d]);
    expect(await store.mappings("d", 10)).toEqual([]);
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
}
