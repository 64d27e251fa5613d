import { describe, expect, test } from "vitest";
import { decodeRequest, encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import { collect } from "../../src/queue/handover/collect.ts";
import { takeUp } from "../../src/queue/handover/take-up.ts";
import type { ChunkDraft } from "../../src/queue/chunk/stored-chunk.ts";
import { ownField } from "../../src/queue/lead/doubt-fields.ts";
import { noteText } from "../../src/queue/lead/note-text.ts";
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

  test("hand over of the fields of a run only those that are in doubt, each by itself", async () => {
    const store = new MemoryStore();
    const desired = new Map([["r", { tags: { key: "last" }, name: "n", status: "FINISHED", endTime: 5 } as const]]);
    await store.append("w", [draft(1, { kind: "create" })], desired);
    const term = await store.beginTerm();
    await store.acknowledge(1, term, { localId: "r", runId: "abc", experimentId: "0" });
    await store.leaveNote(term, noteText({ doubts: [["r", false, ["status", "endTime"].map(ownField)]], sent: [] }));
    const { parcel } = await from(store);
    expect(parcel.chunks.map(({ body }) => decodeRequest(body))).toEqual([{ status: "FINISHED" }, { endTime: 5 }]);
  });

  test("hand over the runs that a model and a child need, and say of each creation that it may have been sent", async () => {
    const store = new MemoryStore();
    const body = (request: unknown) => ({ body: encodeRequest(request) });
    await store.append("w", [
      draft(1, { kind: "create" }),
      draft(2, { run: "m", kind: "model", ...body({ localId: "m", run: "r", name: "net" }) }),
      draft(3, { run: "child", kind: "create", ...body({ localId: "child", parent: { local: "r" } }) }),
      draft(4, { run: "torn", kind: "create", body: new Uint8Array(3) }),
    ]);
    const term = await store.beginTerm();
    await store.acknowledge(1, term, { localId: "r", runId: "abc", experimentId: "0" });
    const { parcel } = await from(store);
    expect(parcel.mappings.map(({ localId }) => localId)).toEqual(["r"]);
    expect(parcel.chunks.map(({ run, attempted }) => [run, attempted > 0])).toEqual([
      ["m", true],
      ["child", true],
      ["torn", true],
    ]);
  });

  test("hand over doubts that were merged, as those that are named", async () => {
    const store = new MemoryStore();
    const runs = ["a", "b", "c", "d"];
    const desired = new Map(runs.map((run) => [run, { tags: { key: run }, name: run }]));
    await store.append(
      "w",
      runs.map((run, n) => draft(n + 1, { run, kind: "create" })),
      desired,
    );
    const term = await store.beginTerm();
    for (const [n, localId] of runs.entries()) {
      const model = localId === "c" && { model: { run: "b", runId: "on-b" } };
      await store.acknowledge(n + 1, term, { localId, runId: `on-${localId}`, experimentId: "0", ...model });
    }
    const note = {
      version: 1,
      doubts: [["d", false, ["key"]]],
      merged: { from: "b", to: "c", create: true },
      sent: [],
    };
    await store.leaveNote(term, JSON.stringify(note));
    const { parcel } = await from(store);
    expect(parcel.chunks.map(({ run, kind }) => [run, kind])).toEqual([
      ["d", "tags"],
      ["b", "create"],
      ["b", "update"],
      ["b", "tags"],
      ["c", "create"],
    ]);
    expect(parcel.mappings.map(({ localId }) => localId)).toEqual(["d", "b", "c"]);
  });

  test("leave the leader before without a say", async () => {
    const store = new MemoryStore();
    await store.append("w", [draft(1)]);
    const before = await store.beginTerm();
    await from(store);
    await expect(store.acknowledge(1, before)).rejects.toMatchObject({ name: "StaleTermError" });
  });
});
