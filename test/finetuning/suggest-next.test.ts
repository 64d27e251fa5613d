import { describe, expect, test } from "vitest";
import { choice, integers, ParamsError, range, suggestNext } from "../../src/finetuning/index.ts";

interface Params {
  lr: number;
  layers: number;
  optimizer: "adam" | "sgd";
}
const space = {
  lr: range(1e-4, 1e-1, { log: true, steps: 4 }),
  layers: integers(1, 3),
  optimizer: choice(["adam", "sgd"]),
};
const best: Params = { lr: 1e-2, layers: 2, optimizer: "adam" };
const text = (list: readonly Params[]) => new Set(list.map((params) => JSON.stringify(params)));

describe("S0.21 suggestNext()", () => {
  test("walks a grid whole, in order and once", () => {
    const all = suggestNext<Params>([], space, { by: "grid", count: 1000 });
    expect(all).toHaveLength(4 * 3 * 2);
    expect(text(all).size).toBe(24);
    expect(all.slice(0, 3)).toEqual([
      { lr: 1e-4, layers: 1, optimizer: "adam" },
      { lr: 1e-4, layers: 1, optimizer: "sgd" },
      { lr: 1e-4, layers: 2, optimizer: "adam" },
    ]);
    const rest = suggestNext<Params>(all.slice(0, 20), space, { by: "grid", count: 1000 });
    expect(rest).toEqual(all.slice(20));
  });

  test("takes by chance what is in the space, the same for one seed", () => {
    const some = suggestNext<Params>([], space, { count: 300, seed: 7 });
    expect(some).toEqual(suggestNext<Params>([], space, { count: 300, seed: 7 }));
    expect(some).not.toEqual(suggestNext<Params>([], space, { count: 300, seed: 8 }));
    expect(text(some).size).toBe(300);
    for (const { lr, layers, optimizer } of some) {
      expect(lr >= 1e-4 && lr <= 1e-1 && [1, 2, 3].includes(layers) && ["adam", "sgd"].includes(optimizer)).toBe(true);
    }
    // Orders of magnitude alike.
    const small = some.filter(({ lr }) => lr < 1e-3).length;
    expect(small).toBeGreaterThan(60);
    expect(small).toBeLessThan(140);
  });

  test("varies the best first by little, without what was tried", () => {
    const near = suggestNext([best], space, { count: 5, seed: 3 });
    for (const { lr } of near) expect(Math.abs(Math.log10(lr / best.lr))).toBeLessThan(0.6);
    expect(text([best, ...near]).size).toBe(6);
    expect(suggestNext([best], space, { count: 5, seed: 3, exclude: near })).not.toEqual(near);
    // One that lies outside, or lacks a dimension, is brought back.
    const odd = suggestNext([{ lr: 5, optimizer: "adam" } as Params], space, { count: 20, seed: 1 });
    for (const { lr, layers } of odd) expect(lr <= 1e-1 && layers >= 1).toBe(true);
    const sizes = { size: choice([8, 16, 32]) };
    const inside = suggestNext<{ size: number }>([{ size: 9 }], sizes, { count: 3, seed: 1 });
    expect(new Set(inside.map(({ size }) => size))).toEqual(new Set([8, 16, 32]));
  });

  test("gives fewer where there are no more, and takes an optimizer of one's own", () => {
    const tiny = { a: choice([1, 2]) };
    expect(suggestNext<{ a: 1 | 2 }>([{ a: 1 }], tiny, { count: 5 })).toEqual([{ a: 2 }]);
    expect(
      suggestNext<{ a: 1 | 2 }>([], tiny, { by: ({ previous }) => [...previous, { a: 2 }, { a: 2 }, { a: 1 }] }),
    ).toEqual([{ a: 2 }, { a: 1 }]);
  });

  test("refuses what cannot be searched", () => {
    expect(() => choice([])).toThrow("at least one value");
    expect(() => range(2, 1)).toThrow("in order");
    expect(() => range(Number.NaN, 1)).toThrow("finite numbers");
    expect(() => range(0, 1, { log: true })).toThrow("above 0");
    expect(() => range(0, 1, { steps: 0 })).toThrow("steps must be");
    expect(() => integers(0.5, 2)).toThrow("integers");
    expect(() => suggestNext<Params>([], space, { count: 0 })).toThrow("count must be");
    expect(() => suggestNext<Record<string, never>>([], {})).toThrow("at least one dimension");
    expect(() => suggestNext<Params>([], space, { by: "luck" as never })).toThrow("by must be");
    expect(() => suggestNext([{ lr: Number.NaN } as Params], space)).toThrow(ParamsError);
  });
});
