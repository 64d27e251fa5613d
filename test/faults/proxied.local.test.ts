import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { platformRandom } from "../../src/runtime/platform-random.ts";
import { hastyClock } from "../support/hasty-clock.ts";
import { isFor } from "../support/proxy/exchange.ts";
import { type FaultServer, withFaults } from "./bench.ts";
import { embeddedServer } from "./embedded-server.ts";
import { expectAllDelivered, expectEverything, logEverything, nothing } from "./workload.ts";

vi.setConfig({ testTimeout: 60_000 });

let server: FaultServer;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close?.());

const page = "<!doctype html><title>Sign in</title><form></form>";

describe("a proxy before the server", () => {
  test("F7 lets every run wait for as long as one 429 with Retry-After says, and delivers all after that", async () => {
    const clock = hastyClock(50);
    await withFaults(server, { runtime: { clock, random: platformRandom } }, async ({ tracker, proxy, rows }) => {
      const runs = Array.from({ length: 6 }, () => tracker.startRun());
      await Promise.all(runs.map((run) => run.runId()));
      expectAllDelivered(await tracker.flush());
      const came: number[] = [];
      proxy.script = () => {
        came.push(clock.monotonic());
        // What is on its way when the tracker reads the first 429 passes: it is no reason to go on.
        const isRead = tracker.queue.status().host === "retrying";
        return isRead ? undefined : { answer: 429, headers: { "retry-after": "30" } };
      };
      for (const run of runs) for (const step of [1, 2]) run.logMetric("loss", step, { step });
      expectAllDelivered(await tracker.flush());
      // Of six runs four requests are on their way at once, and none follows before the time is over.
      expect(came.length).toBeGreaterThan(6);
      expect(came.filter((at) => at < came[0]! + 30_000).length).toBeLessThanOrEqual(4);
      for (const run of runs) expect(await rows(await run.runId())).toEqual({ loss: 2 });
    });
  });

  test.each([500, 502, 503, 504])("F8 delivers all after a page with %d at each path", async (status) => {
    await withFaults(server, {}, async (bench) => {
      const struck = new Map<string, number>();
      bench.proxy.script = ({ path }) => {
        const end = path.replace(/\?.*/, "").replace(/[0-9a-f]{32}/, "");
        const times = (struck.get(end) ?? 0) + 1;
        struck.set(end, times);
        return times < 3 ? { answer: status, body: page } : undefined;
      };
      const run = bench.tracker.startRun({ name: "pages" });
      await logEverything(run);
      expectAllDelivered(await bench.tracker.flush());
      await expectEverything(bench, run);
    });
  });

  test("F20 takes a login page with 200 for no acknowledgement at any path", async () => {
    await withFaults(server, {}, async (bench) => {
      const struck = new Set<string>();
      bench.proxy.script = (request) => {
        const name = `${request.method} ${request.path} ${request.body}`;
        if (struck.has(name)) return undefined;
        struck.add(name);
        return { answer: 200, body: page };
      };
      const run = bench.tracker.startRun({ name: "login" });
      await logEverything(run);
      expectAllDelivered(await bench.tracker.flush());
      expect(struck.size).toBeGreaterThan(8);
      await expectEverything(bench, run);
    });
  });

  test("F20 takes a redirect to a login page for no acknowledgement", async () => {
    await withFaults(server, {}, async (bench) => {
      bench.proxy.script = (request) => {
        if (isFor(request, "/login")) return { answer: 200, body: page };
        const to = { location: `${bench.proxy.trackingUri}/login` };
        return request.number <= 6 ? { answer: 302, headers: to } : undefined;
      };
      const run = bench.tracker.startRun({ name: "redirected" });
      await logEverything(run);
      expectAllDelivered(await bench.tracker.flush());
      await expectEverything(bench, run);
    });
  });
});

describe("a server with a password", () => {
  test("F15 delivers with it, waits with a wrong one, and goes on when it is right", async () => {
    const guarded = await embeddedServer({ auth: { username: "ada", password: "right" } });
    try {
      await withFaults(guarded, { auth: { username: "ada", password: "right" } }, async ({ tracker, another }) => {
        const run = tracker.startRun();
        run.logMetric("loss", 1);
        expectAllDelivered(await tracker.flush());
        let password = "wrong";
        const problems: string[] = [];
        const other = another({
          auth: () => ({ authorization: `Basic ${btoa(`ada:${password}`)}` }),
          onProblem: ({ message }) => problems.push(message),
        });
        const waiting = other.startRun();
        waiting.logMetric("loss", 1);
        expect(await other.flush()).toMatchObject({ pending: { points: 1, requests: 1 }, dropped: nothing });
        expect(other.queue.status().host).toBe("refused");
        expect(problems.join()).toMatch(/auth|credential/i);
        expect(problems.join()).not.toContain("wrong");
        password = "right";
        other.queue.resume();
        expectAllDelivered(await other.flush());
        expect(await waiting.runId()).not.toBe(await run.runId());
      });
    } finally {
      await guarded.close();
    }
  });
});
