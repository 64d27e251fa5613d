import { describe, expect, test } from "vitest";
import type { Page } from "./support/page.ts";
import { until } from "./support/until.ts";
import { POINTS, RUNS, withStage } from "./support/with-stage.ts";

const shared = withStage();

/** Nothing but the life of the page makes it put what it holds. */
const slow = { announce: true, delivery: { flushInterval: 3_600_000 } };

/** Logs points that no timer puts, and hears of the put that follows. */
async function logUnput(page: Page): Promise<{ put: () => boolean }> {
  await page.call(async () => {
    lab.log("a", 1, 10);
    await lab.tracker.flush({ until: "durable" });
  });
  let put = false;
  await page.listen((text) => {
    if (text === "persisted") put = true;
  });
  await page.call(() => lab.log("a", 11, 500));
  return { put: () => put };
}

describe("the life of a page", () => {
  test.each([false, true])(
    "F34 what is in memory is kept when the page is hidden (frozen: %s), and survives its kill",
    async (frozen) => {
      const server = await shared.stage.server();
      await server.down();
      const page = await shared.page(server, { lab: slow });
      const id = await page.processId();
      const { put } = await logUnput(page);
      expect(put()).toBe(false);
      await page.hide();
      await until("it is put", put);
      if (frozen) await page.send("Page.setWebLifecycleState", { state: "frozen" });
      process.kill(id, "SIGKILL");
      await page.close();
      await server.up();
      const next = await shared.page(server, { lab: { announce: true } });
      await next.call(() => lab.log("next", 1, 1));
      await until("all is there", () => server.number(POINTS) === 501);
      expect(server.number(RUNS)).toBe(2);
    },
  );

  test("F34 the last points of a page that a person leaves for another one go out by requests that outlive it, and once", async () => {
    const server = await shared.stage.server();
    const page = await shared.page(server, { lab: slow });
    await page.call(async () => {
      lab.log("a", 1, 10);
      await lab.tracker.flush();
    });
    await page.call(() => lab.log("a", 11, 300));
    await page.goto(`${shared.stage.site.url}/empty`);
    await until("the last points are there", () => server.number(POINTS) === 300);
    const next = await shared.page(server, { lab: { announce: true } });
    await next.call(() => lab.log("next", 1, 1));
    await until("the next page delivers", () => server.number(POINTS) === 301);
    expect(server.number(RUNS)).toBe(2);
  });

  test("F35 a page that thaws, and one that comes back from the cache of the browser, goes on", async () => {
    const server = await shared.stage.server();
    const page = await shared.page(server);
    await page.call(() => lab.log("a", 1, 100));
    await until("the first points are there", () => server.number(POINTS) === 100);
    await server.down();
    await page.call(async () => {
      lab.log("a", 101, 200);
      await lab.tracker.flush({ until: "durable" });
    });
    await page.send("Page.setWebLifecycleState", { state: "frozen" });
    await server.up();
    await page.send("Page.setWebLifecycleState", { state: "active" });
    await until("what was logged before is there", () => server.number(POINTS) === 200);
    // The shell of Chromium has no such cache: the page hears what it would hear.
    await page.call(() => {
      for (const [type, persisted] of Object.entries({ pagehide: true, pageshow: true }))
        dispatchEvent(new PageTransitionEvent(type, { persisted }));
      lab.log("a", 201, 300);
    });
    await until("what was logged after is there", () => server.number(POINTS) === 300);
    expect(server.number(RUNS)).toBe(1);
  });
});
