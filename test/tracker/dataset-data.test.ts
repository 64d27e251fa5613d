import { describe, expect, test } from "vitest";
import type { DatasetInput } from "../../src/client/types/entities.ts";
import type { FakeQueue } from "./fake-queue.ts";
import { memoryFiles } from "./memory-files.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { bench } from "./test-core.ts";

/** What a run hands to the queue for a dataset of this content. */
async function described(data: unknown, more: object = {}): Promise<Record<string, unknown>> {
  const it = bench({}, {}, manualRuntime({ files: memoryFiles({ "/d.csv": "a,b\n1,2\n" }) }));
  it.tracker.startRun().logInput({ name: "d", data: data as never, ...more }, { context: "training" });
  await it.tracker.flush();
  const [input] = inputs(it.queue);
  if (input === undefined) return { problem: it.problems.map(({ message }) => message).join() };
  const { schema, profile, source, ...rest } = input.dataset;
  const read = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
  return { ...rest, schema: read(schema), profile: read(profile), source: read(source) };
}

function inputs(queue: FakeQueue): readonly DatasetInput[] {
  return queue.of("inputs").flatMap(([list]) => list as DatasetInput[]);
}

describe("logInput() of data", () => {
  test("tells MLflow's schema and profile of rows, and a digest that is the same everywhere", async () => {
    const rows = [
      { n: 1, x: 0.5, s: "a", b: true, at: new Date(0), mixed: 1 },
      { n: 2, x: Number.NaN, s: null, b: false, at: new Date(1), mixed: "1" },
    ];
    expect(await described(rows)).toEqual({
      name: "d",
      digest: "6678eccd9d60a073",
      sourceType: "local",
      source: {},
      profile: { num_rows: 2, num_elements: 12 },
      schema: {
        mlflow_colspec: [
          { type: "long", required: true, name: "n" },
          { type: "double", required: true, name: "x" },
          { type: "string", required: false, name: "s" },
          { type: "boolean", required: true, name: "b" },
          { type: "datetime", required: true, name: "at" },
          { type: "string", required: true, name: "mixed" },
        ],
      },
    });
  });

  test("describes 150,000 columns, more than a call may have arguments", async () => {
    const column = [1];
    const wide = Object.fromEntries(Array.from({ length: 150_000 }, (_, n) => [`c${n}`, column]));
    const { profile, problem } = await described(wide, { schema: "{}" });
    expect(problem).toBeUndefined();
    expect(profile).toEqual({ num_rows: 1, num_elements: 150_000 });
  });

  test("gives columns, in any order, the digest of their rows, and other content another one", async () => {
    const digest = async (data: unknown): Promise<unknown> => (await described(data))["digest"];
    const rows = await digest([
      { a: 1, b: "x" },
      { a: 2, b: "y" },
    ]);
    expect(await digest({ b: ["x", "y"], a: new Float32Array([1, 2]) })).toBe(rows);
    const others = [
      { a: [1, 2], b: ["x", "z"] },
      { a: ["1", 2], b: ["x", "y"] },
      { a: [1, 2], c: ["x", "y"] },
      { a: [12], b: ["xy"] },
      { a: [1, 2], b: ["xy", ""] },
      { a: [2, 1], b: ["y", "x"] },
      {},
      [],
      [{ a: 1 }, { b: "x" }],
    ];
    const digests = [rows, ...(await Promise.all(others.map(digest)))];
    // No rows and no columns are the same: nothing.
    expect(new Set(digests).size).toBe(digests.length - 1);
  });

  test("reads bytes, Blobs and files alike, and names the file as source", async () => {
    const bytes = new TextEncoder().encode("a,b\n1,2\n");
    const of = await described(bytes);
    expect(of).toMatchObject({ digest: "26356f11a91f7a61", profile: { num_bytes: 8 }, schema: undefined });
    expect((await described(new Blob([bytes])))["digest"]).toBe(of["digest"]);
    expect(await described("/d.csv")).toMatchObject({ digest: of["digest"], source: { uri: "/d.csv" } });
  });

  test("keeps what is given beside the data", async () => {
    const given = { digest: "v1", source: { url: "x" }, sourceType: "http", profile: { rows: 9 } };
    expect(await described([{ a: 1 }], given)).toMatchObject({ ...given, schema: { mlflow_colspec: [{ name: "a" }] } });
  });

  test.each([
    [5, "rows, columns, bytes or a file"],
    [[1], "row 0 must be an object"],
    [[null], "row 0 must be an object"],
    [{ a: 5 }, 'column "a" must be an array'],
    ["/none.csv", "must be a file"],
    [new URL("https://x.test/d.csv?token=secret"), "give its source and digest"],
  ])("tells of %j, and logs nothing", async (data, words) => {
    const { problem } = await described(data);
    expect(problem).toContain(words);
    expect(problem).not.toContain("secret");
  });
});
