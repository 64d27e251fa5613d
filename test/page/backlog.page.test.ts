import { expect, test } from "vitest";
import { shapes } from "../kill/backlog/shape.ts";
import { backlogChromium } from "./backlog-chromium.ts";

// A short form of what `npm run test:kill -- --only chromium-backlog` does with a million points.
test.each(shapes.map((shape) => [shape.name, shape] as const))(
  "F1 a page that is killed leaves a backlog (%s), which the next one delivers, each point once",
  async (_, shape) => {
    const crumbs = shape.flushEvery === 1;
    const short = { ...shape, flushEvery: crumbs ? 1 : 1_000 };
    const { wrong, heapGrowth } = await backlogChromium(short, crumbs ? 100 : 20_000);
    expect(wrong).toEqual([]);
    expect(heapGrowth).toBeLessThan(64 * 2 ** 20);
  },
);
