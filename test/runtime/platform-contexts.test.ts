import { describe, expect, test } from "vitest";
import { platformContexts, stackContext } from "../../src/runtime/platform-contexts.ts";

describe.each([
  ["platformContexts.create()", () => platformContexts.create<string>()],
  ["stackContext()", () => stackContext<string>()],
])("%s", (_name, create) => {
  test("gives the innermost value, and none outside", () => {
    const context = create();
    expect(context.get()).toBeUndefined();
    const seen = context.run("outer", () => [context.get(), context.run("inner", () => context.get()), context.get()]);
    expect(seen).toEqual(["outer", "inner", "outer"]);
    expect(context.get()).toBeUndefined();
  });

  test("gives the value across awaits", async () => {
    const context = create();
    const seen = await context.run("run", async () => {
      await Promise.resolve();
      return context.get();
    });
    expect(seen).toBe("run");
    expect(context.get()).toBeUndefined();
  });

  test("forgets the value when the body throws or rejects", async () => {
    const context = create();
    const fail = (): never => {
      throw new Error("body");
    };
    expect(() => context.run("a", fail)).toThrow("body");
    await expect(context.run("b", async () => fail())).rejects.toThrow("body");
    expect(context.get()).toBeUndefined();
  });
});

test("platformContexts.create() keeps the values of two bodies apart where it says that it is exact", async () => {
  const context = platformContexts.create<number>();
  const body = (value: number): Promise<boolean> =>
    context.run(value, async () => {
      for (let n = 0; n < 3; n++) await Promise.resolve();
      return context.get() === value;
    });
  const kept = await Promise.all([body(1), body(2)]);
  expect(kept.every(Boolean) || !platformContexts.exact).toBe(true);
});

test("stackContext() gives no value rather than a wrong one while two bodies overlap, and the inner one where that is known", async () => {
  const context = stackContext<string>();
  const body = (value: string, outer?: string): Promise<unknown[]> =>
    context.run(
      value,
      async () => {
        const first = context.get();
        await Promise.resolve();
        return [first, context.get()];
      },
      outer,
    );
  expect(await Promise.all([body("a"), body("b")])).toEqual([
    ["a", undefined],
    ["b", undefined],
  ]);
  const nested = await context.run("outer", async () => {
    await Promise.resolve();
    return [context.get(), ...(await body("inner", "outer")), context.get()];
  });
  expect(nested).toEqual(["outer", "inner", "inner", "outer"]);
});
