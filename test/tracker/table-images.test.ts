import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { bench } from "./test-core.ts";

const jpeg = Uint8Array.of(255, 216, 255, 224, 0, 16);
const pixels = (width: number): { width: number; height: number; data: Uint8Array } => ({
  width,
  height: 1,
  data: new Uint8Array(width * 3).fill(9),
});
const shown = (text: string): string => text.replaceAll(/[-0-9a-f]{36}/g, "ID");

describe("logTable() with images", () => {
  test("S2.4 puts them as they were at the call beside the table, and where they are into their cells", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const wide = pixels(512);
    const done = run.logTable(
      [
        { picture: wide, label: "a" },
        { picture: new Blob([jpeg]), label: null },
      ],
      "eval/t.json",
    );
    wide.data.fill(0);
    await done;
    await run.logTable({ label: ["c"], picture: [pixels(2)] }, "eval/t.json");
    expect([...queue.bodies.keys()].map(shown)).toEqual([
      "table_images/eval/t/ID.png",
      "table_images/eval/t/ID+compressed.png",
      "table_images/eval/t/ID.jpg",
      "eval/t.json",
      "table_images/eval/t/ID.png",
    ]);
    const [whole, small] = await Promise.all(
      [...queue.bodies.values()].slice(0, 2).map(async (body) => decode(await body.arrayBuffer())),
    );
    expect([whole?.width, small?.width, whole?.data[0]]).toEqual([512, 256, 9]);
    const { columns, data } = JSON.parse((await queue.bodies.get("eval/t.json")?.text()) ?? "");
    const cell = (file: string, small: string): unknown => ({
      type: "image",
      filepath: `table_images/eval/t/${file}`,
      compressed_filepath: `table_images/eval/t/${small}`,
    });
    expect(columns).toEqual(["picture", "label"]);
    expect(JSON.parse(shown(JSON.stringify(data)))).toEqual([
      [cell("ID.png", "ID+compressed.png"), "a"],
      [cell("ID.jpg", "ID.jpg"), null],
      [cell("ID.png", "ID.png"), "c"],
    ]);
    // What a cell names is a file of the run.
    for (const [{ filepath, compressed_filepath }] of data) {
      expect([queue.bodies.has(filepath), queue.bodies.has(compressed_filepath)]).toEqual([true, true]);
    }
  });

  test.each([
    [[{ a: new Blob([jpeg]) }, { a: 1 }], "must be an image, or none: 1 of 2 are"],
    [{ a: [null, new Blob([jpeg])] }, "must be an image, or none: 1 of 2 are"],
    [[{ a: new Blob(["text"]) }], "must be a PNG, JPEG, WebP, GIF, AVIF or BMP"],
    [[{ a: { width: 2, height: 2, data: new Uint8Array(3) } }], "1 to 4 bytes for each pixel"],
  ])("S2.4 refuses %j and writes nothing", async (rows, words) => {
    const { tracker, queue } = bench();
    await expect(tracker.startRun().logTable(rows, "t.json")).rejects.toThrow(words);
    expect(queue.bodies.size).toBe(0);
  });
});
