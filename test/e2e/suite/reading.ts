import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CreateTarget, freshName, type Target, withBench } from "./target.ts";

/** Reads that see one's own writes, search, and going on with runs. */
export function readingSuite(createTarget: CreateTarget): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  describe("reading", () => {
    test("S1.5 S2.7 searchRuns() sees what was just logged, as rows with columns", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        for (const lr of [0.1, 0.01, 0.001]) {
          const run = tracker.startRun({ name: `lr ${lr}`, params: { lr } });
          run.logMetric("val_loss", lr * 2);
          if (lr === 0.1) run.setTag("only", "here");
          void run.end();
        }
        const table = await tracker.searchRuns({ orderBy: "metrics.val_loss ASC" });
        expect(table.pending).toBe(0);
        expect(table.truncated).toBe(false);
        expect(table.rows.map((row) => row.name)).toEqual(["lr 0.001", "lr 0.01", "lr 0.1"]);
        expect(table.rows.map((row) => row["params.lr"])).toEqual(["0.001", "0.01", "0.1"]);
        expect(table.rows.map((row) => row["tags.only"])).toEqual([null, null, "here"]);
        expect(table.best("val_loss", "max")?.name).toBe("lr 0.1");
        expect([...table]).toHaveLength(3);
        const filtered = await tracker.searchRuns({ filter: "metrics.val_loss < 0.05 AND params.lr != '0.01'" });
        expect(filtered.rows.map((row) => row.name)).toEqual(["lr 0.001"]);
        const short = await tracker.searchRuns({ maxResults: 2, orderBy: ["metrics.val_loss DESC"] });
        expect([short.rows.length, short.truncated]).toEqual([2, true]);
        await expect(tracker.searchRuns({ filter: "metrics.val_loss <" })).rejects.toThrow();
        await expect(tracker.searchRuns({ maxResults: 0 })).rejects.toThrow("maxResults must be an integer from 1");
      });
    });

    test("searchRuns() looks into experiments by name, all of them, and deleted runs", async () => {
      await withBench(target, {}, async ({ tracker, client, experiment }) => {
        const other = freshName("other");
        const here = tracker.startRun({ name: "here" });
        const there = tracker.startRun({ name: "there", experiment: other });
        await Promise.all([here.end(), there.end()]);
        const names = async (options: Parameters<typeof tracker.searchRuns>[0]): Promise<string[]> =>
          (await tracker.searchRuns(options)).rows.map((row) => row.name).sort();
        expect(await names({})).toEqual(["here"]);
        expect(await names({ experiments: [experiment, other] })).toEqual(["here", "there"]);
        expect(await names({ allExperiments: true })).toEqual(expect.arrayContaining(["here", "there"]));
        await expect(names({ experiments: [freshName("none")] })).rejects.toThrow("there is none with that name");
        await client.runs.delete(await there.runId());
        expect(await names({ experiments: [other] })).toEqual([]);
        expect(await names({ experiments: [other], view: "deleted" })).toEqual(["there"]);
      });
    });

    test("searchRuns() in an experiment that nothing was logged to is empty", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        expect((await tracker.searchRuns()).rows).toEqual([]);
      });
    });

    test("reads take our id and MLflow's, in another process too", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const run = tracker.startRun();
        run.logMetric("loss", 1);
        await run.end("FINISHED", { until: "delivered" });
        const id = await run.runId();
        for (const reader of [tracker, another()]) {
          for (const name of [id, run.localId]) {
            expect((await reader.getRun(name)).info.runId).toBe(id);
            expect(await reader.getMetricHistory(name, "loss")).toHaveLength(1);
          }
        }
        await expect(tracker.getRun("0".repeat(32))).rejects.toThrow();
        await expect(another().getRun(`0${"1".repeat(25)}`)).rejects.toThrow("no run of this server has that id");
      });
    });

    test("manual mode sends nothing by itself, reads say what is pending, flush() delivers", async () => {
      await withBench(target, { delivery: { mode: "manual" } }, async ({ tracker, client, experiment }) => {
        const run = tracker.startRun();
        run.logMetric("loss", 1);
        await run.end();
        expect(tracker.queue.status().waiting.points).toBe(1);
        expect(await client.experiments.getByName(experiment)).toBeUndefined();
        await tracker.setExperiment(experiment);
        const table = await tracker.searchRuns();
        expect(table.pending).toBeGreaterThan(0);
        expect(table.rows).toEqual([]);
        const report = await tracker.flush();
        expect(report.pending).toEqual({ points: 0, requests: 0 });
        expect((await tracker.searchRuns()).rows).toHaveLength(1);
      });
    });

    test("S2.3 resumeRun() goes on where a run of another process stood", async () => {
      await withBench(target, {}, async ({ tracker, another, problems }) => {
        const run = tracker.startRun({ name: "long", params: { lr: 0.1 } });
        run.logMetrics({ loss: 3, acc: 0.1 });
        run.logMetric("loss", 2);
        await run.end("KILLED", { until: "delivered" });
        const resumed = await another().resumeRun(run.localId);
        expect([resumed.localId, resumed.name]).toEqual([run.localId, "long"]);
        await expect(tracker.getRun(run.localId).then(({ info }) => info.runId)).resolves.toBe(await resumed.runId());
        resumed.logMetric("loss", 1);
        resumed.logParams({ lr: 0.1, epochs: 3 });
        resumed.logParam("lr", 0.5);
        await resumed.end("FINISHED", { until: "delivered" });
        const { info, data } = await tracker.getRun(run.localId);
        expect(info.status).toBe("FINISHED");
        expect(data.params).toEqual({ lr: "0.1", epochs: "3" });
        expect((await tracker.getMetricHistory(run.localId, "loss")).map((point) => [point.step, point.value])).toEqual(
          [
            [0, 3],
            [1, 2],
            [2, 1],
          ],
        );
        expect(problems.map((problem) => problem.kind)).toEqual(["param-conflict"]);
      });
    });

    test("resumeRun() opens a run of the same tracker again, and takes one that Python made", async () => {
      await withBench(target, {}, async ({ tracker, client, experiment }) => {
        const run = tracker.startRun();
        run.logMetric("loss", 1);
        await run.end("FINISHED", { until: "delivered" });
        const again = await tracker.resumeRun(await run.runId());
        expect(again.localId).toBe(run.localId);
        again.logMetric("loss", 0.5);
        await again.end("FAILED", { until: "delivered" });
        expect((await tracker.getRun(run.localId)).info.status).toBe("FAILED");
        expect((await run.history("loss")).map((point) => point.step)).toEqual([0, 1]);
        const experimentId = (await client.experiments.getByName(experiment))?.experimentId as string;
        const foreign = await client.runs.create({ experimentId, startTime: Date.now(), name: "python" });
        const taken = await tracker.resumeRun(foreign.info.runId);
        taken.logMetric("loss", 1);
        await taken.end("FINISHED", { until: "delivered" });
        const { info, data } = await tracker.getRun(foreign.info.runId);
        expect([info.runName, info.status, data.metrics]).toEqual(["python", "FINISHED", { loss: 1 }]);
        await client.runs.delete(foreign.info.runId);
        await expect(tracker.resumeRun(foreign.info.runId)).rejects.toThrow(
          "is deleted: restore it with createClient(tracker).runs.restore(",
        );
      });
    });

    test("S1.4 findOrStartRun() reuses, replaces, or starts one with a name of its own", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const name = "it's a run";
        const first = await tracker.findOrStartRun({ name, params: { a: 1 } });
        first.logMetric("loss", 1);
        await first.end("FINISHED", { until: "delivered" });
        const reused = await another().findOrStartRun({ name, params: { a: 1, b: 2 } });
        expect(await reused.runId()).toBe(await first.runId());
        await reused.end("FINISHED", { until: "delivered" });
        const dated = await tracker.findOrStartRun({ name, ifExists: "date-suffix" });
        expect(dated.name).toMatch(/^it's a run-\d{8}-\d{6}$/);
        await dated.end();
        const replacing = await tracker.findOrStartRun({ name, ifExists: "replace" });
        expect((await tracker.getRun(await first.runId())).info.lifecycleStage).toBe("active");
        await replacing.end();
        await tracker.flush();
        expect((await tracker.getRun(await first.runId())).info.lifecycleStage).toBe("deleted");
        const table = await tracker.searchRuns();
        expect(table.rows.map((row) => row.run_id).sort()).toEqual(
          [await dated.runId(), await replacing.runId()].sort(),
        );
      });
    });

    test("S1.4 findOrStartRun() looks below its parent only", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const [one, two] = [tracker.startRun({ name: "one" }), tracker.startRun({ name: "two" })];
        const child = await tracker.findOrStartRun({ name: "fold", parent: one });
        const other = await tracker.findOrStartRun({ name: "fold", parent: two });
        const same = await tracker.findOrStartRun({ name: "fold", parent: one.localId });
        expect(other.localId).not.toBe(child.localId);
        expect(same.localId).toBe(child.localId);
        await Promise.all([child, other, one, two].map((run) => run.end()));
      });
    });

    test("close() delivers what is left and says so", async () => {
      await withBench(target, { delivery: { flushInterval: 60_000 } }, async ({ tracker, another }) => {
        const closing = another();
        const run = closing.startRun();
        run.logMetric("loss", 1);
        void run.logText("x", "a.txt");
        void run.end();
        const report = await closing.close();
        expect(report.pending).toEqual({ points: 0, requests: 0 });
        expect(report.delivered.points).toBe(1);
        expect((await tracker.getRun(run.localId)).info.status).toBe("FINISHED");
        expect(await tracker.listArtifacts(run.localId)).toHaveLength(1);
      });
    });
  });
}
