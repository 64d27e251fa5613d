import { describe, expect, test, vi } from "vitest";
import { first, isFor } from "../../support/proxy/exchange.ts";
import { Gate } from "../../support/proxy/gate.ts";
import { type FaultServer, withFaults } from "../bench.ts";
import { expectAllDelivered, nothing } from "../workload.ts";

/** Runs and experiments that others delete, make, or that come twice. */
export function runSuite(server: () => FaultServer): void {
  describe("runs and experiments", () => {
    test("F16 parks a run that somebody deletes mid-drain, delivers others, and goes on when it is restored", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, reader, rows, problems }) => {
        const [doomed, other] = [tracker.startRun(), tracker.startRun()];
        const runId = await doomed.runId();
        const gate = new Gate();
        let batches = 0;
        proxy.script = (request) =>
          isFor(request, "runs/log-batch") && request.body.includes(runId) && ++batches === 2
            ? { hold: gate }
            : undefined;
        for (let step = 0; step < 3_500; step++) {
          for (const run of [doomed, other]) run.logMetric("loss", step, { step, timestamp: 1_000 });
        }
        const flushed = tracker.flush();
        await gate.arrived();
        await reader.call("runs/delete", { run_id: runId });
        gate.open();
        const report = await flushed;
        expect(report).toMatchObject({ pending: nothing, parked: { points: 2_500 }, quarantined: nothing });
        expect(await rows(runId)).toEqual({ loss: 1_000 });
        expect(await rows(await other.runId())).toEqual({ loss: 3_500 });
        expect(problems).toMatchObject([
          { kind: "run-parked", run: doomed.localId, message: expect.stringContaining("is deleted: restore it") },
        ]);
        await reader.call("runs/restore", { run_id: runId });
        tracker.queue.resume();
        expectAllDelivered(await tracker.flush());
        expect(await rows(runId)).toEqual({ loss: 3_500 });
      });
    });

    test.each([
      ["the acknowledgement of its creation is lost", { cutAnswer: 0 }],
      ["its creation is cut in the middle", { cutRequest: 300 }],
      ["the connection ends before its creation is sent", { reset: true }],
    ] as const)("F17 makes one run when %s", async (_, fault) => {
      await withFaults(server(), {}, async ({ tracker, proxy, reader, rows, experiment }) => {
        proxy.script = first(1, "runs/create", fault);
        const run = tracker.startRun();
        run.logMetric("loss", 1);
        await run.end();
        expectAllDelivered(await tracker.flush());
        expect(proxy.to("runs/search").length).toBeGreaterThan(0);
        const found = await reader.runs(experiment);
        expect(found.map(({ info }) => info.lifecycle_stage)).toEqual(["active"]);
        expect(await rows(found[0]!.info.run_id)).toEqual({ loss: 1 });
      });
    });

    test("F17 adopts a run whose creation comes in between the first look for it and the second", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, reader, experiment }) => {
        const gate = new Gate();
        const fault = first(1, "runs/create", { hold: gate, lost: true });
        let looked = 0;
        const look = new Gate();
        proxy.script = (request) =>
          fault(request) ?? (isFor(request, "runs/search") && ++looked === 2 ? { hold: look } : undefined);
        const run = tracker.startRun();
        await look.arrived();
        gate.open();
        await proxy.until(() => proxy.to("runs/create")[0]?.statuses.length === 1);
        look.open();
        const runId = await run.runId();
        await run.end();
        expectAllDelivered(await tracker.flush());
        expect(proxy.to("runs/create")).toHaveLength(1);
        expect((await reader.runs(experiment)).map(({ info }) => [info.run_id, info.lifecycle_stage])).toEqual([
          [runId, "active"],
        ]);
      });
    });

    test("F17 deletes the empty twin when the first creation comes after the second", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, reader, rows, experiment, problems }) => {
        const gate = new Gate();
        proxy.script = first(1, "runs/create", { hold: gate, lost: true });
        const run = tracker.startRun();
        run.logMetric("loss", 1);
        const runId = await run.runId();
        expectAllDelivered(await tracker.flush());
        gate.open();
        await proxy.quiet();
        expect(await reader.runs(experiment)).toHaveLength(2);
        await run.end();
        expectAllDelivered(await tracker.flush());
        const found = await reader.runs(experiment);
        expect(found.filter(({ info }) => info.lifecycle_stage === "active").map(({ info }) => info.run_id)).toEqual([
          runId,
        ]);
        expect(found).toHaveLength(2);
        expect(await rows(runId)).toEqual({ loss: 1 });
        expect(problems.filter(({ kind }) => kind !== "server-unreachable")).toEqual([]);
      });
    });

    test("F17 does not make a run again that somebody deleted before its acknowledgement came", async () => {
      await withFaults(server(), {}, async ({ tracker, proxy, reader, experiment, problems }) => {
        const look = new Gate();
        const lost = first(1, "runs/create", { cutAnswer: 0 });
        proxy.script = (request) => lost(request) ?? first(1, "runs/search", { hold: look })(request);
        const run = tracker.startRun();
        run.logMetric("loss", 1);
        await look.arrived();
        const [made] = await reader.runs(experiment);
        await reader.call("runs/delete", { run_id: made!.info.run_id });
        proxy.script = () => undefined;
        look.open();
        const report = await tracker.flush();
        expect(report).toMatchObject({ pending: nothing, parked: { points: 1 } });
        expect(problems.some(({ kind, message }) => kind === "run-parked" && message.includes("is deleted"))).toBe(
          true,
        );
        expect(await reader.runs(experiment)).toHaveLength(1);
      });
    });

    test("F19 makes one experiment when four make it at the same time", async () => {
      await withFaults(server(), {}, async ({ tracker, another, proxy, reader, experiment }) => {
        const trackers = [tracker, another(), another(), another()];
        const gate = new Gate();
        proxy.script = (request) => (isFor(request, "experiments/create") ? { hold: gate } : undefined);
        const runs = trackers.map((each, n) => each.startRun({ name: `run ${n}` }));
        await gate.arrived(4);
        gate.open();
        await Promise.all(runs.map((run) => run.runId()));
        const statuses = proxy.to("experiments/create").flatMap((exchange) => exchange.statuses);
        expect(statuses.sort()).toEqual([200, 400, 400, 400]);
        expect(await reader.experiments(experiment)).toHaveLength(1);
        expect((await reader.runs(experiment)).map(({ info }) => info.run_name)).toEqual(
          [0, 1, 2, 3].map((n) => `run ${n}`),
        );
        for (const each of trackers) expectAllDelivered(await each.flush());
      });
    });

    test("F48 creates a child whose parent cannot be delivered, says whose child it is, and delivers its data", async () => {
      await withFaults(server(), {}, async ({ tracker, reader, rows, experiment, problems }) => {
        const closed = `${experiment} closed`;
        const { experiment_id } = await reader.call<{ experiment_id: string }>("experiments/create", { name: closed });
        await reader.call("experiments/delete", { experiment_id });
        const parent = tracker.startRun({ name: "parent", experiment: closed });
        const child = parent.startChild({ name: "child", experiment });
        child.logMetric("loss", 1);
        await child.end();
        const report = await tracker.flush();
        expect(report).toMatchObject({ pending: nothing, parked: { points: 0, requests: 1 } });
        expect(problems).toMatchObject([{ kind: "run-parked", run: parent.localId }]);
        const [found] = await reader.runs(experiment);
        expect(found).toMatchObject({ info: { run_name: "child", status: "FINISHED" } });
        expect(found?.tags["mlflow.tracklet.parentRunId"]).toBe(parent.localId);
        expect(await rows(found!.info.run_id)).toEqual({ loss: 1 });
        await reader.call("experiments/restore", { experiment_id });
        tracker.queue.resume();
        expectAllDelivered(await tracker.flush());
        const parentId = await parent.runId();
        const followed = async (): Promise<string | undefined> =>
          (await reader.run(found!.info.run_id)).tags["mlflow.parentRunId"];
        // The tags follow once the parent is there.
        await vi.waitUntil(async () => (await followed()) === parentId, { timeout: 30_000 });
        expect((await reader.run(found!.info.run_id)).tags["mlflow.rootRunId"]).toBe(parentId);
      });
    });
  });
}
