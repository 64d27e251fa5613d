import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../../src/queue/storage/memory.ts";
import type { QueueStorage } from "../../../src/queue/storage.ts";
import { settle } from "../../support/manual-clock.ts";
import { Gate } from "../../support/proxy/gate.ts";
import { isFor } from "../../support/proxy/exchange.ts";
import { type FaultServer, real, withFaults } from "../bench.ts";
import { expectAllDelivered, nothing } from "../workload.ts";

/** A storage, and what it was asked to put. */
function counted(storage: QueueStorage): { queue: QueueStorage; calls: { append: number; chunks: number } } {
  const calls = { append: 0, chunks: 0 };
  const open: QueueStorage["open"] = async (onProblem) => {
    const store = await storage.open(onProblem);
    return new Proxy(store, {
      get(target, name) {
        if (name !== "append") {
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return (...args: Parameters<typeof store.append>) => {
          calls.append++;
          calls.chunks += args[1].length;
          return target.append(...args);
        };
      },
    });
  };
  return { queue: { ...storage, name: storage.name, durable: storage.durable, open }, calls };
}

/** Servers that are off, slow, or slower than what is logged. */
export function slowSuite(server: () => FaultServer): void {
  describe("a server that is off or slow", () => {
    test("F1 takes points at a steady cost while nobody listens, and delivers them once when somebody does", async () => {
      const { queue, calls } = counted(memoryQueue());
      await withFaults(server(), { queue }, async ({ tracker, proxy, rows }) => {
        await proxy.refuse();
        const runs = [tracker.startRun(), tracker.startRun()];
        const costs: number[] = [];
        for (let block = 0; block < 20; block++) {
          const before = calls.append;
          for (let n = 0; n < 500; n++) {
            for (const run of runs) run.logMetric("loss", n, { step: block * 500 + n, timestamp: 1_000 });
          }
          await tracker.flush({ until: "durable" });
          costs.push(calls.append - before);
        }
        // A block is half a chunk of each run, put once by the flush and at most once by the way: however much waits,
        // nothing of before is put or looked through again.
        expect(Math.max(...costs)).toBeLessThanOrEqual(3);
        expect(calls.chunks).toBeLessThanOrEqual(4 * 20 * runs.length);
        const report = await tracker.flush({ timeout: 2_000 });
        expect(report.pending).toEqual({ points: 20_000, requests: 2 });
        expect(report.problems).toMatchObject([{ kind: "server-unreachable" }]);
        expect(tracker.queue.status().host).toBe("retrying");
        await proxy.accept();
        expectAllDelivered(await tracker.flush());
        expect(tracker.queue.status()).toMatchObject({ host: "ok", waiting: nothing, problems: [] });
        for (const run of runs) expect(await rows(await run.runId())).toEqual({ loss: 10_000 });
      });
    });

    test("F1 sends one probe at a time, however much waits, until the server answers", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, rows }) => {
        proxy.script = () => ({ reset: true });
        const runs = Array.from({ length: 8 }, () => tracker.startRun());
        for (const run of runs) run.logMetric("loss", 1);
        await proxy.until(() => tracker.queue.status().host === "retrying");
        // Four may have gone before the first one failed.
        const known = proxy.exchanges.length + 4;
        await proxy.until(() => proxy.exchanges.length >= known + 6);
        expect(proxy.most(({ number }) => number > known)).toBe(1);
        proxy.script = () => undefined;
        expectAllDelivered(await tracker.flush());
        for (const run of runs) expect(await rows(await run.runId())).toEqual({ loss: 1 });
      });
    });

    test("F5 sends nothing twice to a server that takes 30 s, one request of a run at a time", async () => {
      const delivery = { requestTimeout: Math.max(120_000, real(6 * server().patience)) };
      await withFaults(server(), { delivery }, async ({ tracker, proxy, rows }) => {
        const runs = Array.from({ length: 6 }, () => tracker.startRun());
        await Promise.all(runs.map((run) => run.runId()));
        proxy.script = (request) => (isFor(request, "runs/log-batch") ? { delay: 600 } : undefined);
        for (const run of runs) {
          for (let step = 0; step < 1_600; step++) run.logMetric("loss", step, { step, timestamp: 1_000 });
        }
        expectAllDelivered(await tracker.flush());
        const batches = proxy.to("runs/log-batch");
        expect(new Set(batches.map(({ body }) => body)).size).toBe(batches.length);
        expect(proxy.most()).toBeGreaterThan(1);
        expect(proxy.most()).toBeLessThan(7);
        for (const run of runs) {
          const runId = await run.runId();
          expect(proxy.most(({ body }) => body.includes(runId))).toBe(1);
          expect(await rows(runId)).toEqual({ loss: 1_600 });
        }
      });
    });

    test("F5 has the patience for a batch that the server compares with 20,000 points of its key", async () => {
      // Of the server's time, not of the trackers' own, which passes faster.
      const delivery = { requestTimeout: real(45 * server().patience) };
      await withFaults(server(), { delivery }, async ({ tracker, proxy, rows }) => {
        const run = tracker.startRun();
        let batches = 0;
        proxy.script = (request) =>
          isFor(request, "runs/log-batch") && ++batches === 20 ? { cutAnswer: 0 } : undefined;
        for (let step = 0; step < 20_000; step++) run.logMetric("loss", step, { step, timestamp: 1_000 });
        expectAllDelivered(await tracker.flush());
        expect(batches).toBe(21);
        expect(await rows(await run.runId())).toEqual({ loss: 20_000 });
      });
    });

    test.each(["decimate", "drop-oldest-metrics"] as const)(
      "F41 keeps within its bytes when points come faster than they go, and counts what went (%s)",
      async (whenFull) => {
        const gate = new Gate();
        const delivery = { whenFull, maxMemoryBytes: 200_000 };
        await withFaults(server(), { delivery }, async ({ tracker, proxy, rows, reader }) => {
          const run = tracker.startRun();
          const runId = await run.runId();
          proxy.script = (request) => (isFor(request, "runs/log-batch") ? { hold: gate } : undefined);
          const total = 60_000;
          let most = 0;
          for (let step = 0; step < total; step++) {
            run.logMetric("loss", Math.sin(step), { step, timestamp: 1_000 + step * 70_000 });
            if (step % 1_000 === 999) {
              // Others have their turn, as in a training loop that awaits something.
              await settle();
              most = Math.max(most, tracker.queue.status().waiting.points);
            }
          }
          run.logParam("kept", "yes");
          gate.open();
          const report = await tracker.flush();
          expect(report).toMatchObject({ pending: nothing, quarantined: nothing, parked: nothing });
          // 14 bytes a point at rest; room is made while more comes, later on a machine with much else to do.
          const room = (3 * delivery.maxMemoryBytes) / 14;
          expect(most).toBeLessThan(room);
          const stored = (await rows(runId))["loss"]!;
          expect(report.dropped.points).toBeGreaterThan(total - room);
          expect(stored + report.dropped.points).toBe(total);
          const [line] = (await run.receipt()).lines.filter(({ key }) => key === "loss");
          expect(line).toMatchObject({ logged: total, acknowledged: stored, dropped: total - stored });
          expect((await reader.run(runId)).params).toEqual({ kept: "yes" });
          const steps = (await reader.points(runId, "loss")).map((row) => Number(row.split(" ")[0]));
          // Curves keep their end, and where the oldest go, the newest stay.
          const last = Math.max(...steps);
          if (whenFull === "decimate") expect(last).toBeGreaterThan(total - 100);
          else expect(last).toBe(total - 1);
        });
      },
    );
  });
}
