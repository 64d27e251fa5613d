import { describe, expect, test } from "vitest";
import { LeaderNote } from "../../src/queue/lead/leader-note.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** Settles all runs in doubt, as a mender does, until there are none; gives them in order, with what was in doubt. */
async function settleAll(note: LeaderNote): Promise<[run: string, create: boolean, fields: string[]][]> {
  const settled: [string, boolean, string[]][] = [];
  for (await note.unfold(); note.doubts.size > 0; await note.unfold()) {
    const [[run, { create, fields }]] = note.doubts as unknown as [[string, { create: boolean; fields: Set<string> }]];
    settled.push([run, create, [...fields].sort()]);
    note.settle(run);
    await note.keep();
  }
  return settled.sort();
}

describe("LeaderNote", () => {
  const names = Array.from({ length: 40 }, (_, n) => `run-${n + 10}`);

  async function storeOfRuns(): Promise<MemoryStore> {
    const store = new MemoryStore();
    for (const localId of names) {
      await store.map({ localId, runId: `server-${localId}`, experimentId: "1" });
      await store.append("w", [], new Map([[localId, { tags: { a: "1", b: null } }]]));
    }
    return store;
  }

  test("forgets no run in doubt when there are more than it names: all between them are in doubt then", async () => {
    const clock = new ManualClock();
    const store = await storeOfRuns();
    const note = new LeaderNote(store, clock, await store.beginTerm(), undefined, 8);
    await note.ready();
    for (const run of names.slice(5, 30)) note.doubtFields(run, ["a"]);
    note.doubtCreate("run-20");
    await note.keep();
    expect(note.doubts.size).toBe(8);
    const settled = await settleAll(note);
    expect([...new Set(settled.map(([run]) => run))]).toEqual(names.slice(5, 30));
    expect(settled.filter(([, , fields]) => !fields.includes("a") && fields.length > 0)).toEqual([]);
    expect(settled.some(([run, create]) => run === "run-20" && create)).toBe(true);
  });

  test("doubts no fields of a logged model among them, which has none that a late request overwrites", async () => {
    const clock = new ManualClock();
    const store = await storeOfRuns();
    const model = { run: "run-10", runId: "server-run-10" };
    await store.map({ localId: "run-12a", runId: "m-1", experimentId: "1", model });
    const note = new LeaderNote(store, clock, await store.beginTerm(), undefined, 4);
    await note.ready();
    for (const run of [...names.slice(0, 3), "run-12a", ...names.slice(3, 12)]) note.doubtCreate(run);
    await note.keep();
    const settled = await settleAll(note);
    expect(settled.filter(([run]) => run === "run-12a")).toEqual([["run-12a", true, []]]);
  });

  test("leaves them all to the leader after it, also in the middle of looking at them", async () => {
    const clock = new ManualClock();
    const store = await storeOfRuns();
    const first = new LeaderNote(store, clock, await store.beginTerm(), undefined, 8);
    await first.ready();
    for (const run of names) first.doubtFields(run, ["b"]);
    await first.keep();
    for (const run of [...first.doubts.keys()]) first.settle(run);
    await first.unfold();
    const looked = [...first.doubts.keys()].slice(0, 2);
    for (const run of looked) first.settle(run);
    await first.keep();
    const next = new LeaderNote(store, clock, await store.beginTerm(), undefined, 8);
    await next.ready();
    const settled = new Set((await settleAll(next)).map(([run]) => run));
    const expected = names.slice(0, 32).filter((run) => !looked.includes(run));
    expect(expected.filter((run) => !settled.has(run))).toEqual([]);
    // And that one leaves nothing.
    const last = new LeaderNote(store, clock, await store.beginTerm(), undefined, 8);
    await last.ready();
    await last.unfold();
    expect(last.doubts.size).toBe(0);
  });
});
