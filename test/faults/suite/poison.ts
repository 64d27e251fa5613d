import { describe, expect, test } from "vitest";
import { isFor, type ProxyFault } from "../../support/proxy/exchange.ts";
import { type FaultServer, withFaults } from "../bench.ts";
import { nothing } from "../workload.ts";

/** A body at which the server fails for ever; `bad` makes it fail. */
export function poisonSuite(server: () => FaultServer, bad: ProxyFault): void {
  describe("a batch that the server fails at for ever", () => {
    test("F9 sets the one point aside whose batch is a 500, and delivers the rest of its run and other runs", async () => {
      await withFaults(server(), {}, async ({ tracker, clock, proxy, rows, problems }) => {
        proxy.script = (request) =>
          isFor(request, "runs/log-batch") && request.body.includes("6.66") ? bad : undefined;
        const [run, other] = [tracker.startRun(), tracker.startRun()];
        for (let step = 0; step < 64; step++) run.logMetric("loss", step === 40 ? 6.66 : step);
        await run.end();
        let beats = 0;
        // Others have to go through while it fails, for minutes: else it may be the server.
        while (tracker.queue.status().quarantined.points === 0 && beats < 400) {
          other.logMetric("alive", beats++);
          clock.leap(30_000);
          await tracker.flush({ timeout: 1_000 });
        }
        const report = await tracker.flush();
        expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 1, requests: 0 } });
        expect(problems.filter(({ kind }) => kind === "quarantined")).toMatchObject([
          { kind: "quarantined", key: "loss", run: run.localId },
        ]);
        expect(await rows(await run.runId())).toEqual({ loss: 63 });
        expect(await rows(await other.runId())).toEqual({ alive: beats });
        const answers = proxy.to("runs/log-batch").filter((exchange) => exchange.fault !== undefined);
        expect(answers.length).toBeGreaterThan(6);
        expect(beats).toBeGreaterThan(5);
        expect(answers.flatMap(({ statuses }) => statuses).every((status) => status === 500)).toBe(true);
      });
    });
  });
}
