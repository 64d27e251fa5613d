import { expect, test } from "vitest";
import type { ChunkHeader } from "../../src/queue/chunk/stored-chunk.ts";
import { Scheduler } from "../../src/queue/send/scheduler.ts";
import { ManualClock } from "../support/manual-clock.ts";

const header = (order: number, span: number): ChunkHeader => ({
  run: "r",
  kind: "metrics",
  writer: "w",
  sequence: 0,
  order,
  span,
  count: 5,
  bucket: 1,
  at: 0,
  sealed: true,
  attempted: 0,
  bytes: 9,
});

test("clear() is false for a part of the chunk at that place when its run goes on that was parked", () => {
  const view = new Scheduler(new ManualClock());
  const run = view.run("r");
  view.add(header(7.5, 0.5), 0);
  expect(view.clear(7)).toBe(false);
  view.park(run, "deleted");
  expect(view.clear(7)).toBe(true);
  view.unpark(run);
  expect(view.clear(7)).toBe(false);
  expect(view.clear(6)).toBe(true);
});

test("add() takes a part into view once, whoever finds it first", () => {
  const view = new Scheduler(new ManualClock());
  const run = view.run("r");
  view.add(header(7, 1), 0);
  const [whole] = run.items;
  // A reader finds the second part before the one who divided says so; the first lies where the whole one does.
  view.add(header(7.5, 0.5), 0);
  for (const part of [header(7, 0.5), header(7.5, 0.5)]) view.add(part, 0, whole);
  view.add(header(7, 0.5), 0);
  view.remove(run, whole!);
  expect(run.items.map(({ header: { order, span } }) => [order, span])).toEqual([
    [7, 0.5],
    [7.5, 0.5],
  ]);
});
