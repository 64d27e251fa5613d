import { type ContractBench, draft, none, body } from "./bench.ts";

/** What is set aside, and comes back. */
export function quarantineContract({ check, expect, orders }: ContractBench): void {
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
    expect(await store.release(1)).toBe(3);
    expect(await store.release(1)).toBe(undefined);
    expect(await orders(store)).toEqual([2, 3]);
    expect(await store.quarantined(0, 10)).toEqual([]);
    expect(await store.status()).toMatchObject({ waiting: { points: 0, requests: 2 }, quarantined: none });
    const again = await store.seal(3, await store.beginTerm());
    expect(again ?? {}).toMatchObject({ order: 3, span: 1, sequence: 0, writer: "w", sealed: true });
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
}
