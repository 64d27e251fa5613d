import { describe, expect, test } from "vitest";
import { encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import { collect } from "../../src/queue/handover/collect.ts";
import { takeUp } from "../../src/queue/handover/take-up.ts";
import type { ChunkDraft } from "../../src/queue/storage.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";

const destination = { uri: "https://mlflow.example" };
const draft = (sequence: number, more: Partial<ChunkDraft> = {}): ChunkDraft => {
  const body = encodeRequest([["key", `value ${sequence}`, 1]]);
  return { sequence, run: "r", kind: "tags", count: 1, sealed: true, at: 1, body, ...more };
};
const from = (store: MemoryStore, after = 0) => collect({ store, from: "origin", destination, now: 9, after });

describe("collect() and takeUp()", () => {
  test("hand over what waits with its runs, parts included, and twice as well as once", async () => {
    const store = new MemoryStore();
    await store.append("w", [
      draft(1, { kind: "create", opens: true }),
      draft(2, { run: "other", kind: "create", opens: true }),
      draft(3, { kind: "metrics", count: 4 }),
    ]);
    await store.append(
      "w",
      [draft(4, { run: "other", kind: "update", opens: false })],
      new Map([["other", { status: "FINISHED" }]]),
    );
    const term = await store.beginTerm();
    await store.markAttempted(2, term);
    await store.acknowledge(1, term, { localId: "r", runId: "abc", experimentId: "0" });
    const half = { kind: "metrics", count: 2, body: encodeRequest("half") } as const;
    await store.replace(3, term, [half, half], "delivered");
    const { parcel, last } = await from(store);
    expect(last).toBe(4);
    expect(parcel.chunks.map(({ run, kind, attempted, opens }) => [run, kind, attempted > 0, opens])).toEqual([
      ["other", "create", true, undefined],
      ["r", "metrics", true, undefined],
      ["r", "metrics", true, true],
      ["other", "update", false, false],
    ]);
    const target = new MemoryStore();
    await target.append("someone", [draft(1, { run: "third" })]);
    for (const _ of [1, 2]) await takeUp(target, parcel);
    expect((await target.heads(0, 9)).map(({ run, kind, count }) => [run, kind, count])).toEqual([
      ["third", "tags", 1],
      ["other", "create", 1],
      ["r", "metrics", 2],
      ["r", "metrics", 2],
      ["other", "update", 1],
    ]);
    expect((await target.mapping("r"))?.runId).toBe("abc");
    expect(await target.desired("other")).toEqual({ status: "FINISHED", tags: {} });
    expect((await target.openRuns("", 9)).map(({ run }) => run)).toEqual(["r"]);
  });

  test("hand over what came since, behind the doubts of before, and lose none of it", async () => {
    const store = new MemoryStore();
    await store.append(
      "w",
      [draft(1, { kind: "create" }), draft(2)],
      new Map([["r", { tags: { key: "last" }, name: "n" }]]),
    );
    const term = await store.beginTerm();
    await store.acknowledge(1, term, { localId: "r", runId: "abc", experimentId: "0" });
    const doubts = [["r", true, ["key", "", "unknown"]]];
    await store.leaveNote(term, JSON.stringify({ version: 1, doubts, sent: [] }));
    const first = await from(store);
    expect(first.parcel.chunks.map(({ kind, count, attempted }) => [kind, count, attempted > 0])).toEqual([
      ["tags", 1, true],
      ["create", 0, true],
      ["tags", 0, true],
      ["update", 0, true],
    ]);
    await store.append("w", [draft(3), draft(4)]);
    const second = await from(store, first.last);
    expect(second.parcel.chunks).toHaveLength(2);
    expect((await from(store, second.last)).parcel.chunks).toEqual([]);
    const target = new MemoryStore();
    for (const { parcel } of [first, second]) await takeUp(target, parcel);
    expect(await target.heads(0, 99)).toHaveLength(6);
  });

  test("leave the leader before without a say", async () => {
    const store = new MemoryStore();
    await store.append("w", [draft(1)]);
    const before = await store.beginTerm();
    await from(store);
    await expect(store.acknowledge(1, before)).rejects.toMatchObject({ name: "StaleTermError" });
  });
});
