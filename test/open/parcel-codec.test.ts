import { describe, expect, test } from "vitest";
import { decodeParcel, encodeParcel } from "../../src/open/parcel-codec.ts";
import type { ChunkKind } from "../../src/queue/chunk/request.ts";
import { encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import type { Parcel } from "../../src/queue/handover/parcel.ts";

const parcel: Parcel = {
  from: "origin",
  destination: { uri: "https://mlflow.example", partition: "ada" },
  chunks: [
    {
      sequence: 1,
      run: "r",
      kind: "tags",
      count: 1,
      at: 5,
      sealed: true,
      attempted: 1,
      body: encodeRequest([["é", "🎉", 1]]),
    },
    {
      sequence: 2,
      run: "r",
      kind: "artifact",
      count: 1,
      at: 6,
      sealed: true,
      attempted: 0,
      opens: false,
      body: encodeRequest("a/b"),
      blob: new Blob(["weights"], { type: "text/plain" }),
    },
    {
      sequence: 3,
      run: "r",
      kind: "artifact",
      count: 1,
      at: 6,
      sealed: true,
      attempted: 0,
      body: encodeRequest("c"),
      blob: new Blob(),
    },
  ],
  mappings: [
    { localId: "r", runId: "0123", experimentId: "0", rootId: "0123", at: { uri: "https://mlflow.example" } },
    { localId: "m", runId: "0123/net", experimentId: "0", model: { run: "r", runId: "0123", folder: "net" } },
  ],
  desired: new Map([["r", { status: "FINISHED", endTime: 7, tags: { é: "🎉", gone: null } }]]),
};

describe("decodeParcel()", () => {
  test("gives what encodeParcel() was given", async () => {
    const found = decodeParcel(await encodeParcel(parcel));
    const blobs = await Promise.all(found.chunks.map(({ blob }) => blob?.text()));
    expect(blobs).toEqual([undefined, "weights", ""]);
    expect(found.chunks[1]?.blob?.type).toMatch(/^text\/plain\b/); // Bun names the charset, too
    const plain = ({ chunks, ...rest }: Parcel): unknown => ({
      ...rest,
      chunks: chunks.map(({ blob: _, body, ...chunk }) => ({ ...chunk, body: [...body] })),
    });
    expect(plain(found)).toEqual(plain(parcel));
  });

  const kinds: readonly ChunkKind[] = [
    ...(["metrics", "create", "params", "tags", "untag", "update"] as const),
    ...(["model", "finalize", "inputs", "artifact"] as const),
  ];
  test.each(kinds)("takes chunks of the kind %s", async (kind) => {
    const chunks = parcel.chunks.map((chunk) => ({ ...chunk, kind }));
    const found = decodeParcel(await encodeParcel({ ...parcel, chunks }));
    expect(found.chunks.map((chunk) => chunk.kind)).toEqual([kind, kind, kind]);
  });

  test("reads a view into a larger buffer", async () => {
    const data = await encodeParcel(parcel);
    const larger = new Uint8Array(data.length + 20).fill(9);
    larger.set(data, 10);
    expect(decodeParcel(larger.subarray(10, 10 + data.length)).from).toBe("origin");
  });

  test("refuses every shorter and longer form of a parcel", async () => {
    const data = await encodeParcel(parcel);
    for (let length = 0; length < data.length; length++) {
      expect(() => decodeParcel(data.subarray(0, length))).toThrow(/^Cannot take up undelivered data/);
    }
    expect(() => decodeParcel(new Uint8Array([...data, 0]))).toThrow(/bytes were announced and/);
  });

  test.each([
    ["another version", { version: 2 }],
    ["no version", { version: undefined }],
    ["no origin", { from: "" }],
    ["no destination", { destination: null }],
    ["a number as address", { destination: { uri: 1 } }],
    ["an unknown kind", { chunks: [{ sequence: 1, run: "r", kind: "exec", count: 1, at: 1, attempted: 0, bytes: 0 }] }],
    [
      "a negative length",
      { chunks: [{ sequence: 1, run: "r", kind: "tags", count: 1, at: 1, attempted: 0, bytes: -1 }] },
    ],
    [
      "a fraction of a call",
      { chunks: [{ sequence: 1, run: "r", kind: "tags", count: 0.5, at: 1, attempted: 0, bytes: 0 }] },
    ],
    ["a run without an id", { mappings: [{ localId: "r", experimentId: "0" }] }],
    ["an unknown status", { desired: { r: { status: "DONE" } } }],
    ["a list in the place of all", []],
  ])("refuses a parcel with %s", (_, change) => {
    const head = { version: 1, from: "a", destination: { uri: "u" }, chunks: [], mappings: [], desired: {} };
    const text = new TextEncoder().encode(JSON.stringify(Array.isArray(change) ? change : { ...head, ...change }));
    const data = new Uint8Array(4 + text.length);
    new DataView(data.buffer).setUint32(0, text.length, true);
    data.set(text, 4);
    expect(() => decodeParcel(data)).toThrow(/^Cannot take up undelivered data/);
  });
});
