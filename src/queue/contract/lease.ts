import { type ContractBench, draft } from "./bench.ts";

/** Who may drain the storage, and how the others see it. */
export function leaseContract({ check, expect, orders }: ContractBench): void {
  const stale = { name: "StaleTermError" };
  const state = { locked: false, says: "" };

  check("lease() is free at first, held by a term, and free when that one lets go", async (store) => {
    const before = await store.lease();
    expect(before).toMatchObject({ held: false, locked: false, says: "" });
    const term = await store.beginTerm({ locked: true, says: "here" });
    expect(term > before.term).toBe(true);
    expect(await store.lease()).toMatchObject({ term, held: true, locked: true, says: "here" });
    await store.endTerm(term);
    expect(await store.lease()).toMatchObject({ term, held: false, locked: false, says: "" });
    await store.verify(term);
  });

  check("beat() changes the beat and nothing else but what the leader says", async (store) => {
    const term = await store.beginTerm({ says: "one" });
    const { beat } = await store.lease();
    await store.beat(term, { locked: true, says: "two" });
    const after = await store.lease();
    expect(after).toMatchObject({ term, held: true, locked: true, says: "two" });
    expect(after.beat === beat).toBe(false);
  });

  check("beginTerm() gives 0 when the lease is not as it was seen", async (store) => {
    const free = await store.lease();
    const term = await store.beginTerm({ seen: free });
    expect(term > 0).toBe(true);
    expect(await store.beginTerm({ seen: free })).toBe(0);
    const held = await store.lease();
    await store.beat(term, state);
    expect(await store.beginTerm({ seen: held })).toBe(0);
    const beaten = await store.lease();
    await store.endTerm(term);
    expect(await store.beginTerm({ seen: beaten })).toBe(0);
    expect((await store.lease()).term).toBe(term);
    expect((await store.beginTerm({ seen: await store.lease() })) > term).toBe(true);
  });

  check("verify(), beat() and endTerm() know a term that is over", async (store) => {
    const old = await store.beginTerm();
    await store.verify(old);
    const term = await store.beginTerm();
    await expect(store.verify(old)).rejects.toMatchObject(stale);
    await expect(store.beat(old, state)).rejects.toMatchObject(stale);
    await store.endTerm(old);
    expect(await store.lease()).toMatchObject({ term, held: true });
    await store.verify(term);
  });

  check("endTerm() leaves the term to end what it has begun", async (store) => {
    await store.append("w", [draft(1)]);
    const term = await store.beginTerm();
    await store.endTerm(term);
    await store.acknowledge(1, term);
    expect(await orders(store)).toEqual([]);
  });
}
