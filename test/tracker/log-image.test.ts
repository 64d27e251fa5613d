import { decode, encode } from "fast-png";
import { describe, expect, test } from "vitest";
import type { ImageOptions } from "../../src/tracker/types/artifacts.ts";
import { bench } from "./test-core.ts";

const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const jpeg = Uint8Array.of(255, 216, 255, 224, 0, 16);
const webp = new TextEncoder().encode("RIFF1234WEBPVP8L");

describe("logImage()", () => {
  test("S2.4 writes pixels as a PNG, as they were at the call, and a small copy beside a step", async () => {
    const { tracker, queue } = bench();
    const data = new Uint8Array(512 * 100 * 3).fill(40);
    const done = tracker.startRun().logImage({ width: 512, height: 100, data }, { key: "a", timestamp: 5 });
    data.fill(0);
    await done;
    const [whole, small] = await Promise.all(
      [...queue.bodies.values()].map(async (body) => decode(await body.arrayBuffer())),
    );
    expect(whole).toMatchObject({ width: 512, height: 100, channels: 3 });
    expect(whole?.data.every((value) => value === 40)).toBe(true);
    expect(small).toMatchObject({ width: 256, height: 50, channels: 3 });
    expect(small?.data.every((value) => value === 40)).toBe(true);
    expect([...queue.bodies.keys()].map((path) => path.replace(/[-0-9a-f]{36}/, "ID"))).toEqual([
      "images/a+step+0+timestamp+5+ID.png",
      "images/a+step+0+timestamp+5+ID+compressed.png",
    ]);
  });

  test("S2.4 says once that there are series, and nothing for an image at a path", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const pixel = { width: 1, height: 1, data: Uint8ClampedArray.of(1, 2, 3, 4) };
    await run.logImage(pixel, { path: "one.png" });
    expect(queue.of("tag")).toEqual([]);
    for (const step of [-1, 0, 1]) await run.logImage(pixel, { key: "k", step });
    expect(queue.of("tag")).toEqual([["mlflow.loggedImages", "True"]]);
    expect(queue.bodies.size).toBe(7);
  });

  test("takes a WebP into a series, and gives a Blob the type of its bytes", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await run.logImage(webp, { key: "w" });
    await run.logImage(new Blob([jpeg], { type: "text/plain" }), { path: "a.jpg" });
    expect([...queue.bodies.keys()].map((path) => path.split(".").at(-1))).toEqual(["webp", "webp", "jpg"]);
    expect(queue.bodies.get("a.jpg")?.type).toBe("image/jpeg");
  });

  test("averages the pixels of the small copy, and keeps one whole that is as small", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const stripes = Uint8Array.from({ length: 512 * 2 }, (_, n) => (n % 2 === 0 ? 0 : 200));
    await run.logImage({ width: 512, height: 2, data: stripes }, { key: "s" });
    const small = decode(await [...queue.bodies.values()][1]!.arrayBuffer());
    expect([small.width, small.height, new Set(small.data)]).toEqual([256, 1, new Set([100])]);
    await run.logImage(new Blob([encode({ width: 2, height: 2, data: new Uint8Array(16) }) as never]), { key: "t" });
    const [, , first, second] = [...queue.bodies.values()];
    expect(await first?.text()).toBe(await second?.text());
  });

  const bad: [string, unknown, unknown, string][] = [
    ["no image", new TextEncoder().encode("<svg/>"), { path: "a.png" }, "its bytes must be a PNG, JPEG"],
    ["no bytes", new Uint8Array(0), { path: "a.png" }, "its bytes must be a PNG, JPEG"],
    ["a type it is not", new Blob(["x"], { type: "image/png" }), { path: "a.png" }, 'their type is "image/png"'],
    ["another ending", jpeg, { path: "a.png" }, 'the name of a JPEG must end in ".jpg" or ".jpeg"'],
    ["a JPEG in a series", jpeg, { key: "a" }, "PNG and WebP only: current value is a JPEG"],
    ["a PNG that is cut", new Blob([signature, new Uint8Array(30)]), { key: "a" }, "must be whole"],
    ["neither place", signature, {}, "either a path or a key"],
    ["both places", signature, { path: "a.png", key: "a" }, "either a path or a key"],
    ["a step of a path", signature, { path: "a.png", step: 1 }, "pass a key, not a path"],
    ["a path that climbs", signature, { path: "../a.png" }, "stay inside the run"],
    ["a key with %", signature, { key: "100%" }, "its key must have letters"],
    ["a key with +", signature, { key: "a+b" }, "its key must have letters"],
    ["an empty key", signature, { key: "" }, "its key must have letters"],
    ["a key that is too long", signature, { key: "k".repeat(300) }, "names of at most 255 bytes"],
    ["a step with a fraction", signature, { key: "a", step: 1.5 }, "its step must be an integer: current value is 1.5"],
    [
      "a timestamp that is a date",
      signature,
      { key: "a", timestamp: "today" },
      "its timestamp must be an integer: current",
    ],
    ["too few pixels", { width: 2, height: 2, data: new Uint8Array(3) }, { path: "a.png" }, "2 by 2 and 3 bytes"],
    ["no width", { width: 0, height: 2, data: new Uint8Array(0) }, { path: "a.png" }, "0 by 2 and 0 bytes"],
    ["pixels of 16 bits", { width: 1, height: 1, data: new Uint16Array(1) }, { path: "a.png" }, "must be a Blob"],
    ["a number", 5, { path: "a.png" }, "must be a Blob"],
  ];
  test.each(bad)("refuses %s by name, and writes nothing", async (_, image, options, words) => {
    const { tracker, queue } = bench();
    await expect(tracker.startRun().logImage(image as Blob, options as ImageOptions)).rejects.toThrow(words);
    expect(queue.bodies.size).toBe(0);
    expect(queue.of("tag")).toEqual([]);
  });
});
