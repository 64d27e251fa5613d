import { describe, expect, test } from "vitest";
import { Outstanding } from "../../src/queue/account/outstanding.ts";
import type { ChunkDraft, ChunkHeader } from "../../src/queue/chunk/stored-chunk.ts";

const draft = (sequence: number, count: number): ChunkDraft => ({
  sequence,
  run: "r",
  kind: "metrics",
  at: 0,
  sealed: true,
  count,
  body: new Uint8Array(),
});

const header = (order: number, count: number): ChunkHeader => ({
  ...draft(order, count),
  writer: "w",
  order,
  span: 1,
  bytes: 0,
  attempted: 0,
  bucket: 0,
});

/** Notes a put that got its place; or with 0, one that was said to have failed, and took place. */
function put(own: Outstanding, sequence: number, count: number, order: number): void {
  own.put(draft(sequence, count), { stored: order > 0, order, count });
}

/** What left by the storage, of which one page is read. */
function leftOf(own: Outstanding, page: readonly ChunkHeader[], isLast: boolean, after = 0): number[] {
  const left: number[] = [];
  own.compare(after, page, isLast, (_run, { points }) => left.push(points));
  return left;
}

describe("Outstanding", () => {
  test("compare() finds what left of a chunk that grew after others were put behind it", () => {
    const own = new Outstanding("w");
    put(own, 1, 5, 1);
    put(own, 2, 1, 2);
    put(own, 1, 7, 1);
    expect(own.first).toBe(1);
    expect(leftOf(own, [header(1, 4), header(2, 1)], false)).toEqual([3]);
    expect(own.total.points).toBe(5);
  });

  test("compare() finds what left of a chunk of which it was heard late that it was put", () => {
    const own = new Outstanding("w");
    put(own, 1, 5, 0);
    put(own, 2, 1, 2);
    expect(own.settle(1, 1, { points: 1, requests: 0 }, 0)).toBe("own");
    expect(own.first).toBe(1);
    expect(leftOf(own, [header(2, 1), header(3, 1)], false)).toEqual([4]);
    expect(own.total.points).toBe(1);
  });

  test("compare() finds in several pages that a chunk is gone of which it was heard late that it was put", () => {
    const own = new Outstanding("w");
    put(own, 9, 5, 0);
    expect(leftOf(own, [header(1, 1), header(2, 1)], false)).toEqual([]);
    expect(leftOf(own, [header(2, 1), header(3, 1)], false, 1)).toEqual([]);
    // One that is heard of later may lie where it was read already.
    put(own, 10, 7, 0);
    expect(leftOf(own, [header(3, 1)], true, 2)).toEqual([5]);
    expect(own.total.points).toBe(7);
    expect(leftOf(own, [header(3, 1)], true)).toEqual([7]);
    expect(own.isEmpty).toBe(true);
  });

  /** A put of more of a chunk, of which it was told that the storage has it no more, and of what it had. */
  const gone = (own: Outstanding, sequence: number, order: number, count: number | undefined): number =>
    own.put({ ...draft(sequence, 9), order }, { stored: false, order: 0, count });

  test("put() tells what left with a chunk that had grown unheard, whether its leaving was found before or after", () => {
    const own = new Outstanding("w");
    put(own, 1, 5, 1);
    put(own, 2, 5, 2);
    expect(leftOf(own, [header(2, 5)], true)).toEqual([5]);
    expect(gone(own, 1, 1, 7)).toBe(2);
    // Told once more, it is known.
    expect(gone(own, 1, 1, 7)).toBe(0);
    expect(gone(own, 2, 2, 8)).toBe(0);
    expect(own.total.points).toBe(8);
    expect(leftOf(own, [], true)).toEqual([8]);
  });

  test("put() tells nothing of a chunk that was settled here, or of which the storage does not say what it had", () => {
    const own = new Outstanding("w");
    put(own, 1, 5, 1);
    expect(own.settle(1, 1, { points: 7, requests: 0 }, 0)).toBe("own");
    expect(gone(own, 1, 1, 7)).toBe(0);
    put(own, 2, 5, 2);
    expect(leftOf(own, [], true)).toEqual([5]);
    expect(gone(own, 2, 2, undefined)).toBe(0);
    expect(own.isEmpty).toBe(true);
  });

  test("settle() counts a chunk once that was found gone before anybody told its place", () => {
    const own = new Outstanding("w");
    put(own, 1, 5, 0);
    expect(leftOf(own, [], true)).toEqual([5]);
    // Its acknowledgement took place and said that it failed: it is made once more.
    expect(own.settle(3, 1, { points: 5, requests: 0 }, 0)).toBe("gone");
  });

  test("compare() takes nothing for gone after a page that was passed over", () => {
    const own = new Outstanding("w");
    put(own, 9, 5, 0);
    expect(leftOf(own, [header(1, 1), header(2, 1)], false)).toEqual([]);
    expect(leftOf(own, [header(5, 1)], true, 4)).toEqual([]);
    expect(own.total.points).toBe(5);
    // The page that was passed over, and the rest: but nobody has read from the start again.
    expect(leftOf(own, [header(3, 1), header(5, 1)], true, 1)).toEqual([]);
    expect(leftOf(own, [header(1, 1), header(9, 5)], true)).toEqual([]);
    expect(own.first).toBe(9);
  });

  test("settle() counts the parts of a chunk that was divided before its put was told to have taken place", () => {
    const own = new Outstanding("w");
    own.settle(1, 1, { points: 0, requests: 0 }, 0);
    own.settle(1, 0, { points: 2, requests: 0 }, 0);
    own.settle(1.5, 0, { points: 3, requests: 0 }, 0);
    put(own, 1, 5, 0);
    expect(own.isEmpty).toBe(true);
    expect(leftOf(own, [], true)).toEqual([]);
  });

  test("settle() tells whose it is that came back from quarantine: of whoever put it back, with all its parts", () => {
    const own = new Outstanding("w");
    put(own, 1, 5, 1);
    expect(own.settle(1, 1, { points: 5, requests: 0 }, 0)).toBe("own");
    for (const place of [2, 2.5]) expect(own.settle(place, 0, { points: 1, requests: 0 }, 0)).toBe("foreign");
    put(own, 0, 5, 3);
    expect(leftOf(own, [{ ...header(3, 5), writer: "another", sequence: 0 }], true)).toEqual([]);
    for (const place of [3, 3.5]) expect(own.settle(place, 0, { points: 1, requests: 0 }, 0)).toBe("own");
    expect(own.total.points).toBe(3);
  });

  test("settle() knows the parts of a chunk for its own that had grown by a put which said that it failed", () => {
    const own = new Outstanding("w");
    put(own, 1, 3, 1);
    // The storage holds 5 of it.
    expect(own.settle(1, 1, { points: 2, requests: 0 }, 0)).toBe("own");
    expect(own.settle(1, 0, { points: 1, requests: 0 }, 0)).toBe("own");
    expect(own.settle(1, 0, { points: 1, requests: 0 }, 0)).toBe("own");
    expect(own.settle(1, 0, { points: 1, requests: 0 }, 0)).toBe("own");
    expect(own.isEmpty).toBe(true);
  });

  test("knows the parts of a divided chunk whose put was told of between the division and its end", () => {
    const own = new Outstanding("w");
    own.settle(1, 1, { points: 0, requests: 0 }, 0);
    put(own, 1, 5, 0);
    const part = { ...header(1, 2), sequence: 0 };
    expect(leftOf(own, [part, { ...header(1.5, 3), sequence: 0 }], true)).toEqual([]);
    expect(own.total.points).toBe(5);
    expect(own.settle(1, 0, { points: 2, requests: 0 }, 0)).toBe("own");
    expect(own.settle(1.5, 0, { points: 3, requests: 0 }, 0)).toBe("own");
    expect(own.isEmpty).toBe(true);
    expect(leftOf(own, [], true)).toEqual([]);
  });

  test("settle() finds a put of which it was told before by the place that was told of its division", () => {
    const own = new Outstanding("w");
    own.settle(1, 1, { points: 0, requests: 0 }, 0);
    put(own, 1, 5, 0);
    expect(own.settle(1, 0, { points: 2, requests: 0 }, 0)).toBe("own");
    expect(own.total.points).toBe(3);
    expect(own.settle(1.5, 0, { points: 3, requests: 0 }, 0)).toBe("own");
    expect(own.isEmpty).toBe(true);
  });

  test("puts what a storage numbers anew in its order", () => {
    const own = new Outstanding("w");
    put(own, 1, 1, 9);
    own.settle(9, 1, { points: 1, requests: 0 }, 0);
    put(own, 2, 2, 1);
    put(own, 3, 3, 2);
    expect(own.first).toBe(1);
    expect(leftOf(own, [header(2, 3)], true)).toEqual([2]);
  });
});
