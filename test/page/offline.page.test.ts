import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openStage, type Stage } from "./support/stage.ts";
import { until } from "./support/until.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const POINTS = "select count(*) from metrics";

describe("a page without a network", () => {
  test("F2 what is logged while a page is offline goes out by itself when it is online again", async () => {
    const server = await stage.server();
    const page = await stage.browser.open(stage.site.url);
    await page.call((trackingUri) => lab.open({ trackingUri }), server.url);
    await page.call(() => lab.log("a", 1, 10));
    await until("the first points are there", () => server.number(POINTS) === 10);
    await page.setOffline(true);
    await page.call(async () => {
      lab.log("a", 11, 2_000);
      lab.log("b", 1, 500);
      await lab.tracker.flush({ until: "durable" });
    });
    await until("somebody noticed", () => page.call(() => lab.tracker.queue.status().host === "retrying"));
    expect(server.number(POINTS)).toBe(10);
    expect(await page.call(() => lab.tracker.queue.status().waiting.points)).toBe(2_490);
    await page.setOffline(false);
    await until("all points are there", () => server.number(POINTS) === 2_500);
    expect(server.number("select count(*) from runs")).toBe(2);
    const status = await page.call(() => lab.tracker.queue.status());
    expect(status).toMatchObject({ dropped: { points: 0 }, quarantined: { points: 0 } });
  });
});
