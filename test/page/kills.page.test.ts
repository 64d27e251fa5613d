import { expect, test } from "vitest";
import { killChromium } from "./kill-chromium.ts";

// A short form of `npm run test:kill -- --only chromium`.
test("F31 F32 pages, tabs and browsers that are killed in each phase of delivery lose nothing that was durable, and double nothing", async () => {
  const { wrong, kills, phases, points, artifacts } = await killChromium({ kills: 5, tabs: 1, seed: 1 });
  expect(wrong).toEqual([]);
  expect(kills).toBe(5);
  expect(phases).toEqual({ append: 1, persisted: 1, attempted: 1, committed: 1, uploading: 1, idle: 0 });
  expect(points).toBeGreaterThan(0);
  expect(artifacts).toBeGreaterThan(0);
});
