import { expect, test } from "vitest";
import { until } from "./support/until.ts";
import { POINTS, withStage } from "./support/with-stage.ts";

const shared = withStage();

test("F36 a hidden page whose timers fire once a minute drains a backlog by its completions", async () => {
  const { stage } = shared;
  const server = await stage.server();
  await server.down();
  const page = await shared.page(server, { lab: { delivery: { mode: "manual", batchSize: 10 } } });
  await page.call(async () => {
    lab.log("a", 1, 5_000);
    await lab.tracker.flush({ until: "durable" });
    const ticks: number[] = [];
    const tick = (): void => {
      ticks.push(performance.now());
      setTimeout(tick, 10);
    };
    tick();
    Object.assign(globalThis, { ticks });
  });
  await page.hide();
  const idle = (): number => performance.now() - (globalThis as unknown as { ticks: number[] }).ticks.at(-1)!;
  await until("timers are held back", async () => (await page.call(idle)) > 2_000);
  await server.up();
  const ticks = (): Promise<number> => page.call(() => (globalThis as unknown as { ticks: number[] }).ticks.length);
  const before = await ticks();
  await page.call(() => void lab.tracker.flush());
  await until("all is there", () => server.number(POINTS) === 5_000);
  expect(await page.call(() => document.visibilityState)).toBe("hidden");
  // 500 requests, and at most the one timer of a minute.
  expect((await ticks()) - before).toBeLessThanOrEqual(1);
});
