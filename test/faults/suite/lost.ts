import { describe, expect, test } from "vitest";
import { type FaultServer, real, withFaults } from "../bench.ts";
import { isFor, type ProxiedRequest, type ProxyFault } from "../../support/proxy/exchange.ts";
import { expectAllDelivered, expectEverything, logEverything } from "../workload.ts";

/** Strikes each different request that changes something once, at its first try. */
function firstTries(
  fault: (place: number, request: ProxiedRequest) => ProxyFault | undefined,
): (request: ProxiedRequest) => ProxyFault | undefined {
  const seen = new Set<string>();
  return (request) => {
    const name = `${request.method} ${request.path} ${request.body}`;
    if (request.method === "GET" || isFor(request, "runs/search") || seen.has(name)) return undefined;
    seen.add(name);
    return fault(seen.size - 1, request);
  };
}

/** Requests, or their answers, that do not arrive. */
export function lostSuite(server: () => FaultServer): void {
  describe("what is lost on the way", () => {
    test.each([
      ["ends before its first byte", { cutAnswer: 0 }],
      ["ends in the middle of its head", { cutAnswer: 40 }],
      ["is reset", { cutAnswer: 0, reset: true }],
    ] as const)("F3 delivers everything once when each answer %s after the server acted", async (_, fault) => {
      await withFaults(server(), {}, async (bench) => {
        bench.proxy.script = firstTries(() => fault);
        const run = bench.tracker.startRun({ name: "lost answers" });
        await logEverything(run);
        expectAllDelivered(await bench.tracker.flush());
        // The batch of points came twice: its first answer was lost although the server had it.
        const batches = bench.proxy.to("runs/log-batch").filter(({ body }) => body.includes('"loss"'));
        const seen = new Set<string>();
        for (const { body, statuses } of batches) {
          const mayRefuse = seen.has(body) && bench.server.refusesRepeats;
          expect(mayRefuse ? [[200], [400]] : [[200]]).toContainEqual(statuses);
          seen.add(body);
        }
        expect(batches.filter(({ fault }) => fault !== undefined).length).toBeGreaterThan(1);
        expect(new Set(batches.map(({ body }) => body)).size).toBeLessThan(batches.length);
        await expectEverything(bench, run);
      });
    });

    test("F3 re-sends the very same bytes, and no more than the one chunk whose answer was lost", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, rows }) => {
        let struck = 0;
        proxy.script = (request) =>
          isFor(request, "runs/log-batch") && struck++ === 2 ? { cutAnswer: 0, reset: true } : undefined;
        const run = tracker.startRun();
        for (let step = 0; step < 5_000; step++) run.logMetric("loss", step, { step, timestamp: 1_000 });
        expectAllDelivered(await tracker.flush());
        const batches = proxy.to("runs/log-batch");
        expect(batches).toHaveLength(6);
        expect(batches.filter(({ body }) => body === batches[2]?.body)).toHaveLength(2);
        expect(await rows(await run.runId())).toEqual({ loss: 5_000 });
      });
    });

    test("F4 delivers everything once when each request is cut at another byte", async () => {
      await withFaults(server(), {}, async (bench) => {
        // From within the head to one byte before the end.
        const part = [0.02, 0.2, 0.4, 0.6, 0.8, 0.99];
        bench.proxy.script = firstTries((place, { body, headers }) => {
          const length = Number(headers.get("content-length") ?? 0);
          return { cutRequest: Math.floor((200 + Math.max(length, body.length)) * part[place % part.length]!) };
        });
        const run = bench.tracker.startRun({ name: "cut requests" });
        await logEverything(run);
        expectAllDelivered(await bench.tracker.flush());
        expect(bench.proxy.exchanges.filter(({ fault }) => fault !== undefined).length).toBeGreaterThan(8);
        await expectEverything(bench, run);
      });
    });

    test("F4 delivers one chunk once although it is cut at every 25th part of its bytes, one after the other", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, rows }) => {
        let cut = 0;
        proxy.script = (request) => {
          if (!isFor(request, "runs/log-batch") || cut >= 25) return undefined;
          return { cutRequest: Math.ceil((request.body.length / 25) * cut++) + 250 };
        };
        const run = tracker.startRun();
        for (let step = 0; step < 100; step++) run.logMetric("loss", step, { step, timestamp: 1_000 });
        expectAllDelivered(await tracker.flush());
        expect(cut).toBe(25);
        expect(await rows(await run.runId())).toEqual({ loss: 100 });
      });
    });

    test("F10 F11 delivers NaN and 150 keys a step once when the first answer to each batch is lost", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, rows, problems }) => {
        const seen = new Set<string>();
        proxy.script = (request) => {
          if (!isFor(request, "runs/log-batch") || seen.has(request.body)) return undefined;
          seen.add(request.body);
          return { cutAnswer: 0, reset: true };
        };
        const run = tracker.startRun();
        const expected: Record<string, number> = {};
        for (let step = 0; step < 6; step++) {
          for (let key = 0; key < 150; key++) {
            run.logMetric(`k${key}`, step > 3 ? Number.NaN : step, { step, timestamp: 1_000 });
            expected[`k${key}`] = 6;
          }
        }
        expectAllDelivered(await tracker.flush());
        expect(await rows(await run.runId())).toEqual(expected);
        expect(problems.filter(({ kind }) => kind === "quarantined")).toEqual([]);
      });
    });

    test.each(["request", "answer"] as const)("F6 sends the same again when the %s is swallowed", async (swallow) => {
      await withFaults(server(), { delivery: { requestTimeout: real(server().patience) } }, async (bench) => {
        const struck = new Set<string>();
        bench.proxy.script = (request) => {
          const end = ["runs/create", "runs/log-batch", "runs/update"].find((name) => isFor(request, name));
          if (end === undefined || struck.has(end)) return undefined;
          struck.add(end);
          return { swallow };
        };
        const run = bench.tracker.startRun({ name: "swallowed" });
        await logEverything(run);
        expectAllDelivered(await bench.tracker.flush());
        expect(struck.size).toBe(3);
        await expectEverything(bench, run);
      });
    });
  });
}
