import { describe, expect, test } from "vitest";
import { OWN_FIELDS, ownField } from "../../src/queue/lead/doubt-fields.ts";
import { LeaderNote } from "../../src/queue/lead/leader-note.ts";
import { PROBE_TAG } from "../../src/queue/lead/probe-tag.ts";
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

  test("doubts of runs that it does not name only what was in doubt of one of them, as long as that is not too much", async () => {
    const clock = new ManualClock();
    const store = await storeOfRuns();
    const note = new LeaderNote(store, clock, await store.beginTerm(), undefined, 8);
    await note.ready();
    for (const run of names) note.doubtFields(run, [ownField("status")]);
    await note.keep();
    const next = new LeaderNote(store, clock, await store.beginTerm(), undefined, 8);
    await next.ready();
    expect(new Set((await settleAll(next)).map(([, , fields]) => fields.join()))).toEqual(
      new Set([ownField("status")]),
    );
    for (const [n, run] of names.entries()) for (let key = 0; key < 5; key++) next.doubtFields(run, [`${n} ${key}`]);
    const settled = await settleAll(next);
    expect(settled.filter(([, , fields]) => !fields.includes("a"))).toHaveLength(8);
    expect(settled.find(([run]) => run === names[0])![2]).toEqual([...OWN_FIELDS, "a", "b", PROBE_TAG].sort());
  });

  test("takes a field without a name, as earlier versions kept it, for all of a run's own, and keeps one for them", async () => {
    const store = await storeOfRuns();
    await store.leaveNote(await store.beginTerm(), '{"version":1,"doubts":[["run-10",false,["a",""]]],"sent":[]}');
    const note = new LeaderNote(store, new ManualClock(), await store.beginTerm());
    await note.ready();
    expect([...note.doubts.get("run-10")!.fields]).toEqual(["a", ...OWN_FIELDS]);
    note.settle("run-10");
    note.doubtFields("run-10", [ownField("name")]);
    await note.keep();
    expect((JSON.parse((await store.note())!) as { doubts: unknown }).doubts).toEqual([
      ["run-10", false, ["", ownField("name")]],
    ]);
    const next = new LeaderNote(store, new ManualClock(), await store.beginTerm());
    await next.ready();
    expect([...next.doubts.get("run-10")!.fields]).toEqual([ownField("name")]);
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
