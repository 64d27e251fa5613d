import { expect, test } from "vitest";
import { harness } from "./harness.ts";

test.each([
  [
    "throws",
    () => {
      throw new Error("no such element");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no such element"))],
])("a listener of subscribe() that %s costs nobody else anything, and is told of once", async (_, fail) => {
  const { queue, oracle, runtime, start, problems } = harness();
  queue.subscribe(fail as () => void);
  const seen: number[] = [];
  queue.subscribe(({ delivered }) => seen.push(delivered.points));
  queue.logMetric(start("a"), "m", 1, 1, 1);
  await runtime.clock.advance(5_000);
  expect(seen.at(-1)).toBe(1);
  expect(oracle.named("a").points.size).toBe(1);
  expect(problems).toMatchObject([
    { kind: "scope", message: expect.stringContaining("no such element"), cause: expect.any(Error) },
  ]);
});
