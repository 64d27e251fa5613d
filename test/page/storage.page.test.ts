import { describe, expect, test } from "vitest";
import type { Page } from "./support/page.ts";
import { until } from "./support/until.ts";
import { POINTS, RUNS, withStage } from "./support/with-stage.ts";

const shared = withStage();

const log = (page: Page, run: string, from: number, to: number): Promise<unknown> =>
  page.call(
    async (name, first, last) => {
      lab.log(name, first, last);
      await lab.tracker.flush({ until: "durable" });
    },
    run,
    from,
    to,
  );

const problems = (page: Page): Promise<{ kind: string; message: string }[]> => page.call(() => lab.problems);

describe("a page and what its browser keeps", () => {
  test("F23 a page whose quota is used up keeps what it logs in memory, says so, and delivers all of it once when there is room", async () => {
    const { browser, site } = shared.stage;
    const server = await shared.stage.server();
    const page = await browser.open(site.url);
    // Before the first use: Chromium remembers for half a minute how much room there is.
    await page.send("Storage.overrideQuotaForOrigin", { origin: site.url, quotaSize: 60_000 });
    await page.call((trackingUri) => lab.open({ trackingUri }), server.url);
    await log(page, "a", 1, 1_000);
    await until("the run is there", () => server.number(POINTS) === 1_000);
    await server.down();
    await page.call(() => lab.log("a", 1_001, 60_000));
    await until("it is told", async () =>
      (await problems(page)).some(({ message }) => message.startsWith("Cannot keep what is logged")),
    );
    const status = await page.call(() => lab.tracker.queue.status());
    expect(status).toMatchObject({ dropped: { points: 0 }, waiting: { points: 59_000 } });
    /** Points that came, with those that came again. */
    let sent = 0;
    server.between = async (request, answer) => {
      if (request.url.endsWith("/log-batch") && request.method === "POST")
        sent += ((await request.clone().json()) as { metrics: unknown[] }).metrics.length;
      return answer(request);
    };
    await server.up();
    await page.send("Storage.overrideQuotaForOrigin", { origin: site.url });
    await until("all is there", () => server.number(POINTS) === 60_000);
    expect(sent).toBe(59_000);
    expect(server.number(RUNS)).toBe(1);
    await until("nothing waits", () => page.call(() => lab.tracker.queue.status().waiting.points === 0));
    expect(await page.call(() => lab.tracker.queue.status().dropped.points)).toBe(0);
  });

  test("F27 a page waits for no other tab that holds an old database: it goes on in memory, says so, and delivers", async () => {
    const { stage } = shared;
    const server = await stage.server();
    const before = await shared.page(server);
    await log(before, "a", 1, 10);
    const name = await before.call(() => lab.tracker.queue.status().storage);
    await until("the first points are there", () => server.number(POINTS) === 10);
    await before.close();
    const old = await stage.browser.open(`${stage.site.url}/empty`);
    // Held by a program that does not let go of it when another one wants to upgrade it.
    await old.call(
      (database) =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open(database);
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            Object.assign(globalThis, { held: opening.result });
            resolve();
          };
        }),
      name,
    );
    // The five seconds that the browser has to open a database are over sooner.
    const page = await shared.page(server, { path: "/next", lab: { haste: 5 } });
    await page.call(() => lab.log("b", 1, 500));
    await until("all is there", () => server.number(POINTS) === 510);
    const told = await problems(page);
    expect(told.map(({ kind }) => kind)).toEqual(["memory-queue"]);
    expect(told[0]!.message).toContain("close other pages of this site");
  });

  test("F29 a page whose site data is cleared says so, and goes on with what is logged from then on", async () => {
    const { stage } = shared;
    const server = await stage.server();
    const page = await shared.page(server);
    await log(page, "a", 1, 100);
    await until("the first points are there", () => server.number(POINTS) === 100);
    await server.down();
    await log(page, "a", 101, 200);
    await page.send("Storage.clearDataForOrigin", { origin: stage.site.url, storageTypes: "indexeddb" });
    await log(page, "a", 201, 300);
    const emptied = async (): Promise<number> =>
      (await problems(page)).filter(({ message }) => message.includes("was emptied")).length;
    await until("it is told", async () => (await emptied()) > 0);
    await server.up();
    await until("the last points are there", () => server.number(`${POINTS} where step > 200`) === 100);
    expect(server.number(RUNS)).toBe(1);
    expect(server.number("select count(*) - count(distinct step) from metrics")).toBe(0);
    expect(await emptied()).toBe(1);
  });

  test("F30 a private window has a queue as any other", async () => {
    const { browser } = shared.stage;
    const server = await shared.stage.server();
    await server.down();
    const context = await browser.incognito();
    const first = await shared.page(server, { context });
    await log(first, "a", 1, 500);
    await first.close();
    await server.up();
    const second = await shared.page(server, { context });
    await log(second, "b", 1, 500);
    await until("all is there", () => server.number(POINTS) === 1_000);
    // All that can be told is that the run of the page that was closed has ended.
    const others = (await problems(second)).filter(({ kind }) => kind !== "run-recovered");
    expect(others).toEqual([]);
  });

  test("F30 a page that may keep nothing delivers from memory, and says so once", async () => {
    const server = await shared.stage.server();
    const page = await shared.page(server, { path: "/sandbox" });
    expect(await page.call(() => origin)).toBe("null");
    await page.call(() => lab.log("a", 1, 500));
    await page.call(() => lab.log("b", 1, 500));
    await until("all is there", () => server.number(POINTS) === 1_000);
    const told = await problems(page);
    expect(told.map(({ kind }) => kind)).toEqual(["memory-queue"]);
    expect(told[0]!.message).toContain("this page may not use IndexedDB");
    expect(await page.call(() => lab.tracker.queue.status().storage)).toBe("memory");
  });

  test("F40 a page that is killed in the middle of an upgrade loses nothing, and an older one leaves the upgraded database alone", async () => {
    const { browser, site } = shared.stage;
    const server = await shared.stage.server();
    await server.down();
    const old = await shared.page(server);
    await log(old, "a", 1, 2_500);
    await old.close();
    const killed = await browser.open(`${site.url}/next`);
    const id = await killed.processId();
    const upgrading = new Promise<void>((resolve) => {
      void killed.listen((text) => text === "upgrading" && resolve());
    });
    killed.call((trackingUri) => lab.open({ trackingUri }), server.url).catch(() => undefined);
    killed.call(() => lab.log("killed", 1, 1)).catch(() => undefined);
    await upgrading;
    process.kill(id, "SIGKILL");
    await killed.close();
    const next = await shared.page(server, { path: "/next" });
    await log(next, "b", 1, 10);
    expect(await next.call(() => lab.tracker.queue.status().waiting.points)).toBe(2_510);
    await next.close();
    const older = await shared.page(server);
    await older.call(() => lab.log("c", 1, 10));
    await until("it is told", async () => (await problems(older)).length > 0);
    expect((await problems(older))[0]!.message).toContain("newer");
    await server.up();
    await until("what is in memory is there", () => server.number(POINTS) === 10);
    const last = await shared.page(server, { path: "/next" });
    await last.call(() => lab.log("d", 1, 10));
    await until("all is there", () => server.number(POINTS) === 2_530);
    expect(server.number(RUNS)).toBe(4);
  });
});
