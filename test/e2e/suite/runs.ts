import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CreateTarget, freshName, type Target, withBench } from "./target.ts";

/** Runs from start to end: scopes, nesting, what a run says about itself. */
export function runSuite(createTarget: CreateTarget): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  describe("runs", () => {
    test("S2.3 withRun() leaves a FINISHED run with name, times, tags, params and metrics on the server", async () => {
      await withBench(target, { tags: { team: "red" } }, async ({ tracker, client, experiment }) => {
        const before = Date.now();
        const id = await tracker.withRun(
          {
            name: "first",
            description: "# Why",
            tags: { stage: "dev" },
            params: { optimizer: { lr: 0.1 }, layers: [64, 32] },
          },
          async (run) => {
            for (const loss of [1, 0.5, 0.25]) run.logMetric("val/loss", loss);
            run.setTag("note", "done");
            return run.localId;
          },
        );
        const report = await tracker.flush();
        expect(report.pending).toEqual({ points: 0, requests: 0 });
        expect(report.delivered.points).toBe(3);
        const run = await tracker.getRun(id);
        expect(run.info).toMatchObject({ runName: "first", status: "FINISHED", lifecycleStage: "active" });
        expect(run.info.startTime).toBeGreaterThan(before - 1);
        expect(run.info.endTime).toBeGreaterThan(run.info.startTime - 1);
        expect(run.data.params).toEqual({ "optimizer.lr": "0.1", layers: "[64,32]" });
        expect(run.data.metrics).toEqual({ "val/loss": 0.25 });
        expect(run.data.tags).toMatchObject({
          team: "red",
          stage: "dev",
          note: "done",
          "mlflow.note.content": "# Why",
          "mlflow.source.type": "LOCAL",
          "mlflow.runName": "first",
          "mlflow.tracklet.runId": id,
        });
        const found = await client.experiments.getByName(experiment);
        expect(found?.experimentId).toBe(run.info.experimentId);
      });
    });

    test("S2.3 withRun() leaves a FAILED run with the error in a tag, and rethrows", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        let id = "";
        const failing = tracker.withRun(async (run) => {
          id = run.localId;
          run.logMetric("loss", Number.NaN);
          throw new RangeError("diverged");
        });
        await expect(failing).rejects.toThrow("diverged");
        const run = await tracker.getRun(id);
        expect(run.info.status).toBe("FAILED");
        expect(run.data.tags["mlflow.tracklet.error"]).toBe("RangeError: diverged");
        expect(run.data.metrics["loss"]).toBeNaN();
      });
    });

    test("a scope left without end() is FAILED, an ended one as it was ended", async () => {
      await withBench(target, {}, async ({ tracker, problems }) => {
        const ids: string[] = [];
        {
          await using forgotten = tracker.startRun();
          ids.push(forgotten.localId);
        }
        {
          await using killed = tracker.startRun();
          ids.push(killed.localId);
          await killed.end("KILLED");
        }
        const runs = await Promise.all(ids.map((id) => tracker.getRun(id)));
        expect(runs.map((run) => run.info.status)).toEqual(["FAILED", "KILLED"]);
        expect(problems.map((problem) => problem.kind)).toEqual(["scope"]);
      });
    });

    test("S1.2 S1.3 children of any depth carry their parent's and their root's id, and runTree() shows them", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const root = tracker.startRun({ name: "root" });
        const child = root.startChild({ name: "child" });
        const grandchild = child.startChild({ name: "grandchild" });
        const sibling = root.startChild({ name: "sibling", startTime: Date.now() + 5 });
        grandchild.logMetric("loss", 1);
        await Promise.all([grandchild, sibling, child, root].map((run) => run.end()));
        const [rootId, childId, grandchildId] = await Promise.all([root, child, grandchild].map((run) => run.runId()));
        const deepest = await tracker.getRun(grandchild.localId);
        expect(deepest.info.runId).toBe(grandchildId);
        expect(deepest.data.tags).toMatchObject({ "mlflow.parentRunId": childId, "mlflow.rootRunId": rootId });
        const tree = await tracker.runTree(root.localId);
        const names = (node: typeof tree): unknown => [node.run.info.runName, node.children.map(names)];
        expect(names(tree)).toEqual([
          "root",
          [
            ["child", [["grandchild", []]]],
            ["sibling", []],
          ],
        ]);
        const part = await tracker.runTree(childId as string);
        expect(names(part)).toEqual(["child", [["grandchild", []]]]);
      });
    });

    test("a parent may be named by MLflow's id, made by somebody else", async () => {
      await withBench(target, {}, async ({ tracker, client, experiment }) => {
        const experimentId = await client.experiments.create({ name: `${experiment} python` });
        const parent = await client.runs.create({ experimentId, startTime: Date.now() });
        const child = tracker.startRun({ parent: parent.info.runId, experiment: `${experiment} python` });
        await child.end();
        const { data } = await tracker.getRun(child.localId);
        expect(data.tags["mlflow.parentRunId"]).toBe(parent.info.runId);
        expect((await tracker.runTree(parent.info.runId)).children).toHaveLength(1);
      });
    });

    test("a run that was ended by recovery and is gone on with says so no longer, and its receipt is whole", async () => {
      await withBench(target, {}, async ({ tracker, client, another }) => {
        const before = tracker.startRun();
        await before.end("FAILED", { until: "delivered" });
        const runId = await before.runId();
        await client.runs.setTag(runId, "mlflow.tracklet.endedBy", "recovery");
        const next = another();
        const run = await next.resumeRun(runId);
        run.setTag("temporary", "1");
        run.deleteTag("temporary");
        run.setTag("again", "1");
        run.deleteTag("again");
        run.setTag("again", "2");
        await run.end();
        const receipt = await run.receipt({ verify: true });
        const tags = receipt.lines.filter(({ kind }) => kind === "tag").map(({ key, distinct }) => [key, distinct]);
        expect(tags).toEqual([
          ["mlflow.tracklet.endedBy", 0],
          ["temporary", 0],
          ["again", 1],
        ]);
        expect(receipt.verified).toBe(true);
        const { info, data } = await client.runs.get(runId);
        expect(info.status).toBe("FINISHED");
        expect(Object.keys(data.tags)).not.toContain("mlflow.tracklet.endedBy");
      });
    });

    test("a run without a name gets one like MLflow's", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        await run.end();
        const { info } = await tracker.getRun(run.localId);
        expect(info.runName).toBe(run.name);
        expect(run.name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
      });
    });

    test("S1.1 setExperiment() creates what is missing and says so, also when two do it at once", async () => {
      await withBench(target, {}, async ({ tracker, another, client }) => {
        const name = freshName("set");
        const [first, second] = await Promise.all([tracker.setExperiment(name), another().setExperiment(name)]);
        expect(first.experimentId).toBe(second.experimentId);
        expect([first.created, second.created].filter(Boolean)).toHaveLength(1);
        expect((await tracker.setExperiment(name)).created).toBe(false);
        const run = tracker.startRun();
        await run.end();
        expect((await tracker.getRun(run.localId)).info.experimentId).toBe(first.experimentId);
        await client.experiments.delete(first.experimentId);
        await expect(tracker.setExperiment(name)).rejects.toThrow(`restore("${first.experimentId}")`);
      });
    });

    test("url() names the run's page", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        await run.end();
        const { info } = await tracker.getRun(run.localId);
        expect(await run.url()).toBe(
          `${tracker.connection.trackingUri}/#/experiments/${info.experimentId}/runs/${info.runId}`,
        );
      });
    });
  });
}
