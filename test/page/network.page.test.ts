import { describe, expect, test } from "vitest";
import { until } from "./support/until.ts";
import { POINTS, RUNS, withStage } from "./support/with-stage.ts";

const shared = withStage();

describe("a page and its network", () => {
  test("F2 what is logged while a page is offline goes out by itself when it is online again", async () => {
    const server = await shared.stage.server();
    // Pauses of the engine, such as that of five seconds before it believes that a run is not there, are over sooner.
    const page = await shared.page(server, { lab: { haste: 10 } });
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
    // A probe may be on its way just now.
    const left = await page.call(() => lab.tracker.queue.status());
    expect(left.waiting.points + left.inFlight.points).toBe(2_490);
    await page.setOffline(false);
    await until("all points are there", () => server.number(POINTS) === 2_500);
    expect(server.number(RUNS)).toBe(2);
    const status = await page.call(() => lab.tracker.queue.status());
    expect(status).toMatchObject({ dropped: { points: 0 }, quarantined: { points: 0 } });
  });

  test("F44 a server that does not allow the origin of the page is named with the cure, and what was logged waits", async () => {
    const server = await shared.stage.server();
    // As a server does that knows nothing of CORS.
    server.between = async (request, answer) => {
      if (request.method === "OPTIONS") return new Response("Method Not Allowed", { status: 405 });
      const { status, body } = await answer(request);
      return new Response(body, { status });
    };
    const page = await shared.page(server);
    await page.call(() => lab.log("a", 1, 500));
    const problems = (): Promise<{ kind: string; message: string }[]> => page.call(() => lab.problems);
    await until("it is told", async () => (await problems()).length > 0);
    const [problem] = await problems();
    expect(problem!.kind).toBe("server-refused");
    expect(problem!.message).toContain(`--cors-allowed-origins ${shared.stage.site.url}`);
    expect(server.number(POINTS)).toBe(0);
    const status = await page.call(() => lab.tracker.queue.status());
    expect(status).toMatchObject({ host: "refused", waiting: { points: 500 }, dropped: { points: 0 } });
    server.between = (request, answer) => answer(request);
    await page.call(() => lab.tracker.queue.resume());
    await until("all is there", () => server.number(POINTS) === 500);
  });

  test("F46 what one user logged in a page goes out neither as another user nor to another server", async () => {
    const { stage } = shared;
    const [home, other] = [await stage.server(), await stage.server()];
    /** Who sent something, by the server. */
    const senders = { home: new Set<string>(), other: new Set<string>() };
    for (const [name, server] of Object.entries({ home, other })) {
      server.between = (request, answer) => {
        const authorization = request.headers.get("authorization")?.replace("Basic ", "");
        if (authorization !== undefined) senders[name as "home"].add(atob(authorization).split(":")[0]!);
        return answer(request);
      };
    }
    const page = await stage.browser.open(stage.site.url);
    const login = (user: string, trackingUri: string): Promise<void> =>
      page.call((options) => lab.open(options), {
        trackingUri,
        partition: user,
        auth: { username: user, password: "secret" },
      });
    const logout = (): Promise<unknown> => page.call(() => lab.close());
    const log = (run: string): Promise<unknown> =>
      page.call(async (name) => {
        lab.log(name, 1, 100);
        await lab.tracker.flush({ until: "durable" });
      }, run);
    await home.down();
    await login("ann", home.url);
    await log("of ann");
    await logout();
    await home.up();
    await login("bob", home.url);
    await log("of bob");
    await until("all of bob is there", () => home.number(POINTS) === 100);
    await logout();
    await login("ann", other.url);
    await log("of ann, elsewhere");
    await until("all of ann is there", () => other.number(POINTS) === 100);
    await logout();
    expect(home.rows("select name from runs")).toEqual([{ name: "of bob" }]);
    expect(other.rows("select name from runs")).toEqual([{ name: "of ann, elsewhere" }]);
    expect(senders).toEqual({ home: new Set(["bob"]), other: new Set(["ann"]) });
    await login("ann", home.url);
    await log("of ann, again");
    await until("what waited is there", () => home.number(POINTS) === 300);
    const names = home.rows("select name from runs order by name").map(({ name }) => name);
    expect(names).toEqual(["of ann", "of ann, again", "of bob"]);
  });
});
