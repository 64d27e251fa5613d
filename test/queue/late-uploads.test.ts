import { describe, expect, test } from "vitest";
import { LateUploads } from "../../src/queue/send/late-uploads.ts";

describe("LateUploads.until()", () => {
  test("gives the time of the last older version of that file of that run", () => {
    const late = new LateUploads(100);
    late.add("a", "last.ckpt", 1, 0);
    late.add("a", "last.ckpt", 2, 10);
    late.add("a", "last.ckpt", 9, 20);
    late.add("a", "other", 1, 30);
    late.add("b", "last.ckpt", 1, 40);
    expect(late.until("a", "last.ckpt", 5, 50)).toBe(110);
    expect(late.until("a", "last.ckpt", 1, 50)).toBeUndefined();
    expect(late.until("a", "last", 5, 50)).toBeUndefined();
    expect(late.until("a", "last.ckpt", 5, 110)).toBeUndefined();
  });

  test("knows of an upload however many runs have uploads after it, until it cannot come any more", () => {
    const late = new LateUploads(1e6);
    late.add("a", "f", 1, 0);
    for (let n = 0; n < 5_000; n++) late.add(`r${n}`, "f", n, n);
    expect(late.until("a", "f", 2, 5_000)).toBe(1e6);
    late.add("b", "f", 1, 1e6);
    expect(late.until("a", "f", 2, 5_000)).toBeUndefined();
  });
});
