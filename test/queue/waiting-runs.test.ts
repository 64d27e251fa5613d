import { describe, expect, test } from "vitest";
import { WaitingRuns } from "../../src/queue/drain/waiting-runs.ts";
import { encodeMetrics, encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import type { ChunkKind } from "../../src/queue/chunk/request.ts";
import type { ChunkDraft } from "../../src/queue/chunk/stored-chunk.ts";
import type { QueueStore } from "../../src/queue/storage.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";
import type { NewRun } from "../../src/queue/types.ts";

const experiment = { name: "field study" };

function created(localId: string, more: Partial<NewRun> = {}): NewRun {
  return { localId, experiment, name: "walk", startTime: 1, tags: { place: "beach", wind: "no" }, ...more };
}

/** A store with these requests, in this order. */
async function storeOf(...requests: [run: string, kind: ChunkKind, request: unknown][]): Promise<MemoryStore> {
  const store = new MemoryStore();
  const drafts = requests.map(([run, kind, request], n): ChunkDraft => {
    const body = kind === "metrics" ? (request as Uint8Array<ArrayBuffer>) : encodeRequest(request);
    return { sequence: n + 1, run, kind, count: 1, sealed: true, at: 1, body };
  });
  await store.append("w", drafts);
  return store;
}

function points(...rows: [key: string, value: number, timestamp: number, step: number][]): Uint8Array {
  const keys = [...new Set(rows.map(([key]) => key))];
  return encodeMetrics({
    count: rows.length,
    keys,
    key: Uint8Array.from(rows, ([key]) => keys.indexOf(key)),
    value: Float64Array.from(rows, ([, value]) => value),
    timestamp: Float64Array.from(rows, ([, , timestamp]) => timestamp),
    step: Float64Array.from(rows, ([, , , step]) => step),
  });
}

describe("WaitingRuns", () => {
  test("find() tells of a run what all that waits of it comes to, models among it and other runs not", async () => {
    const input = { dataset: { name: "penguins", digest: "1", sourceType: "local", source: "{}" }, tags: {} };
    const store = await storeOf(
      ["other", "create", created("other")],
      ["a", "create", created("a")],
      ["other", "params", [["lr", "9", 1]]],
      ["a", "params", [["lr", "0.1", 1]]],
      [
        "a",
        "tags",
        [
          ["wind", "some", 1],
          ["people", "2", 1],
        ],
      ],
      ["a", "metrics", points(["loss", 3, 10, 0], ["loss", 2, 12, 2], ["loss", 1, 11, 1], ["acc", Number.NaN, 5, 5])],
      ["m", "model", { localId: "m", run: "a", name: "net", step: 0, params: {}, tags: {} }],
      ["m", "metrics", points(["f1", 0.5, 20, 4])],
      ["other", "metrics", points(["loss", 100, 99, 99])],
      [
        "a",
        "params",
        [
          ["lr", "0.2", 1],
          ["seed", "7", 1],
        ],
      ],
      ["a", "untag", "people"],
      ["a", "inputs", [input]],
      ["other", "inputs", [input, input]],
    );
    const found = await new WaitingRuns(store).find("a");
    expect(found?.created).toEqual(created("a"));
    expect(Object.fromEntries(found!.params)).toEqual({ lr: "0.1", seed: "7" });
    expect(Object.fromEntries(found!.tags)).toEqual({ place: "beach", wind: "some" });
    expect(found!.inputs).toEqual([input]);
    expect([...found!.latest.values()].map(({ key, step, value }) => [key, step, value])).toEqual([
      ["loss", 2, 2],
      ["acc", 5, Number.NaN],
      ["f1", 4, 0.5],
    ]);
    expect((await found!.history("loss"))?.map(({ timestamp }) => timestamp)).toEqual([10, 11, 12]);
    // What comes after it was found is not of earlier processes.
    await store.append("new", [{ ...(await store.chunk(6))!, sequence: 1, order: undefined as never }]);
    expect(await found!.history("loss")).toHaveLength(3);
    expect(await found!.history("none")).toEqual([]);
  });

  test("find() gives undefined for a run that the server has, that is unknown, or that goes while it is read", async () => {
    const store = await storeOf(["a", "create", created("a")], ["a", "params", [["lr", "0.1", 1]]]);
    expect(await new WaitingRuns(store).find("b")).toBeUndefined();
    const term = await store.beginTerm();
    const mapping = { localId: "a", runId: "1", experimentId: "2" };
    const leaving = new Proxy(store as QueueStore, {
      get: (_, name: keyof QueueStore) => {
        if (name !== "chunk") return ((store as QueueStore)[name] as () => unknown)?.bind(store);
        return async (order: number) => {
          const chunk = await store.chunk(order);
          // Delivered right after it was read.
          await store.acknowledge(order, term, mapping);
          return chunk;
        };
      },
    });
    const found = await new WaitingRuns(store).find("a");
    expect(await new WaitingRuns(leaving).find("a")).toBeUndefined();
    expect(await found!.history("loss")).toBeUndefined();
    expect(await new WaitingRuns(store).find("a")).toBeUndefined();
  });

  test("find() passes over a chunk that is damaged, and gives up with its caller", async () => {
    const store = await storeOf(["a", "create", created("a")], ["a", "tags", [["wind", "some", 1]]]);
    const body = encodeRequest([["wind", "storm", 1]]).map((byte) => byte ^ 1);
    await store.append("v", [{ sequence: 1, run: "a", kind: "tags", count: 1, sealed: true, at: 1, body }]);
    expect((await new WaitingRuns(store).find("a"))?.tags.get("wind")).toBe("some");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(new WaitingRuns(store).find("a", signal)).rejects.toThrow("enough");
  });

  test("newest() gives the run that began last of those that fit, of any number", async () => {
    const runs = Array.from({ length: 600 }, (_, n) => created(`r${n}`, { startTime: n % 300, name: `walk ${n % 2}` }));
    const store = await storeOf(...runs.map((run) => [run.localId, "create", run] as [string, ChunkKind, unknown]));
    const waiting = new WaitingRuns(store);
    expect(await waiting.newest(({ name }) => name === "walk 0")).toBe("r598");
    expect(await waiting.newest(() => false)).toBeUndefined();
  });
});
