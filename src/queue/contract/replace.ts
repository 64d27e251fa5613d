import { type ContractBench, draft, body } from "./bench.ts";

/** What the parts of a chunk are. */
export function replaceContract({ check, expect, orders }: ContractBench): void {
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
}
