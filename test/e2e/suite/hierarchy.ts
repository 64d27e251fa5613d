import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filter } from "../../../src/client/index.ts";
import type { RunNode, Tracker } from "../../../src/tracker/types/tracker.ts";
import { offlineFirst, survivingQueue } from "./restart.ts";
import { type CreateTarget, freshName, type Target, withBench } from "./target.ts";

type Names = [name: string, below: Names[]];
const names = (node: RunNode): Names => [node.run.info.runName, node.children.map(names)];

/** Four levels, in the order of their start. */
async function family(tracker: Tracker): Promise<string> {
  const root = tracker.startRun({ name: "root", startTime: 1000 });
  const fold = root.startChild({ name: "fold 1", startTime: 2000 });
  const trial = fold.startChild({ name: "trial", startTime: 3000 });
  const epoch = trial.startChild({ name: "epoch", startTime: 4000 });
  const second = root.startChild({ name: "fold 2", startTime: 5000 });
  epoch.logMetric("loss", 1);
  await Promise.all([epoch, trial, fold, second, root].map((run) => run.end()));
  return root.localId;
}
const whole: Names = [
  "root",
  [
    ["fold 1", [["trial", [["epoch", []]]]]],
    ["fold 2", []],
  ],
];

/** S1.1 to S1.4: experiments, and runs below runs. */
export function hierarchySuite(createTarget: CreateTarget): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  describe("S1.1", () => {
    test("S1.1 setExperiment() sets one by MLflow's id, and a run says what it is", async () => {
      await withBench(target, { user: "ada" }, async ({ tracker, client }) => {
        const { experimentId } = await tracker.setExperiment(freshName("by id"), { tags: { team: "red" } });
        await tracker.setExperiment(freshName("between"));
        expect(await tracker.setExperiment({ id: experimentId })).toMatchObject({ created: false, experimentId });
        const id = await tracker.withRun({ name: "who", params: { a: 1 } }, async (run) => {
          run.logMetric("loss", 2);
          await run.logText("x", "a.txt");
          return run.localId;
        });
        const { info, data } = await tracker.getRun(id);
        expect(info).toMatchObject({ experimentId, runName: "who", status: "FINISHED" });
        expect(info.endTime).toBeGreaterThanOrEqual(info.startTime);
        expect(data.tags).toMatchObject({ "mlflow.user": "ada", "mlflow.source.name": expect.stringMatching(/./) });
        expect((await client.experiments.get(experimentId)).tags).toMatchObject({ team: "red" });
      });
    });

    test("S1.1 a deleted experiment is named with the way to restore it, in reads and for what waits", async () => {
      await withBench(target, {}, async ({ tracker, client, experiment, problems, another }) => {
        const { experimentId: id } = await tracker.setExperiment(experiment);
        await client.experiments.delete(id);
        const cure = `restore it with createClient(tracker).experiments.restore("${id}")`;
        await expect(tracker.setExperiment(experiment)).rejects.toThrow(cure);
        await expect(tracker.setExperiment({ id })).rejects.toThrow(cure);
        await expect(tracker.searchRuns()).rejects.toThrow(cure);
        expect((await tracker.searchRuns({ view: "deleted" })).rows).toEqual([]);
        await expect(tracker.findOrStartRun({ name: "x" })).rejects.toThrow(cure);
        await expect(tracker.setExperiment({ id: "x" })).rejects.toThrow("its id must be a text of digits");
        const late = another();
        const run = late.startRun({ name: "waits" });
        await run.end();
        expect((await late.flush()).parked.requests).toBeGreaterThan(0);
        expect(problems.map(({ message }) => message).join()).toContain(cure);
        await client.experiments.restore(id);
        late.queue.resume();
        expect((await late.flush()).parked.requests).toBe(0);
        expect((await tracker.searchRuns()).rows.map((row) => row.name)).toEqual(["waits"]);
      });
    });

    test("S1.1 searchRuns() in all experiments finds runs of deleted ones where deleted runs are asked for", async () => {
      await withBench(target, {}, async ({ tracker, client, experiment }) => {
        const { experimentId } = await tracker.setExperiment(experiment);
        const { info } = await client.runs.create({ experimentId, startTime: 1, name: experiment });
        await client.experiments.delete(experimentId);
        const filter = `attributes.run_name = '${experiment}'`;
        const found = async (view: "active" | "deleted" | "all"): Promise<string[]> =>
          (await tracker.searchRuns({ allExperiments: true, view, filter })).rows.map((row) => row.run_id);
        expect(await found("all")).toEqual([info.runId]);
        expect(await found("deleted")).toEqual([info.runId]);
        expect(await found("active")).toEqual([]);
      });
    });

    test("S1.1 an experiment made offline first is made once, by whoever comes first", async () => {
      await withBench(target, {}, async (bench) => {
        const { tracker, client, experiment } = bench;
        const made = await tracker.setExperiment(experiment);
        await offlineFirst(bench, (offline) => offline.startRun({ name: "offline" }).end());
        const found = await client.experiments.getByName(experiment);
        expect(found?.experimentId).toBe(made.experimentId);
        expect((await tracker.searchRuns()).rows.map((row) => row.name)).toEqual(["offline"]);
      });
    });
  });

  describe("S1.2", () => {
    test("S1.2 S1.3 a tree that is made offline and delivered by another process has its parents and its root, and is found by them", async () => {
      await withBench(target, {}, async (bench) => {
        let root = "";
        const online = await offlineFirst(bench, async (offline) => {
          root = await family(offline);
        });
        const tree = await bench.tracker.runTree(root);
        expect(names(tree)).toEqual(whole);
        const { rows } = await online.searchRuns({ root, orderBy: "attributes.start_time ASC" });
        expect(rows.map((row) => row.name)).toEqual(["fold 1", "trial", "epoch", "fold 2"]);
        expect(new Set(rows.map((row) => row["tags.mlflow.rootRunId"]))).toEqual(new Set([tree.run.info.runId]));
        const named = await online.searchRuns({ root, filter: "attributes.run_name ILIKE 'EPO%'" });
        expect(named.rows.map((row) => row["metrics.loss"])).toEqual([1]);
        expect((await bench.tracker.runTree(rows[1]?.run_id ?? "")).children.map(names)).toEqual([["epoch", []]]);
      });
    });

    test("S1.2 a parent that is deleted, elsewhere or unknown is told, and its child is kept", async () => {
      await withBench(target, {}, async ({ tracker, client, experiment, problems }) => {
        const { experimentId } = await tracker.setExperiment(experiment);
        const deleted = await client.runs.create({ experimentId, startTime: 1, name: "deleted" });
        await client.runs.delete(deleted.info.runId);
        const other = await client.experiments.create({ name: freshName("other") });
        const far = await client.runs.create({ experimentId: other, startTime: 1, name: "far" });
        const nobody = "0".repeat(32);
        for (const parent of [deleted.info.runId, far.info.runId, nobody]) {
          await tracker.startRun({ name: "child", parent }).end("FINISHED", { until: "delivered" });
        }
        expect(problems.map(({ kind }) => kind)).toEqual(["scope", "scope", "scope"]);
        const told = problems.map(({ message }) => message);
        expect(told[0]).toContain(`restore it with createClient(tracker).runs.restore("${deleted.info.runId}")`);
        expect(told[1]).toContain(`it is in experiment ${experimentId} and its parent "${far.info.runId}" in ${other}`);
        expect(told[2]).toContain(`its parent "${nobody}" is not on this server`);
        expect((await tracker.searchRuns()).rows.map((row) => row.name)).toEqual(["child", "child", "child"]);
      });
    });

    test("S1.2 a child that starts after a restart has the root of the whole tree", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const before = another();
        const root = await family(before);
        await before.close();
        const { rows } = await tracker.searchRuns({ root, filter: "attributes.run_name = 'epoch'" });
        await tracker.startRun({ name: "later", parent: rows[0]?.run_id ?? "" }).end();
        const { rows: later } = await tracker.searchRuns({ root, filter: "attributes.run_name = 'later'" });
        expect(later[0]?.["tags.mlflow.rootRunId"]).toBe((await tracker.getRun(root)).info.runId);
      });
    });
  });

  describe("S1.3", () => {
    test("S1.3 searchRuns() finds in a tree by root, by name, and active runs only", async () => {
      await withBench(target, {}, async ({ tracker, client }) => {
        const root = await family(tracker);
        await family(tracker);
        const found = async (options: Parameters<Tracker["searchRuns"]>[0]): Promise<string[]> =>
          (await tracker.searchRuns({ root, orderBy: "attributes.start_time ASC", ...options })).rows.map(
            (row) => row.name,
          );
        expect(await found({})).toEqual(["fold 1", "trial", "epoch", "fold 2"]);
        expect(await found({ filter: filter`attributes.run_name ILIKE ${"FOLD%"}` })).toEqual(["fold 1", "fold 2"]);
        const [fold] = (await tracker.searchRuns({ root, filter: "attributes.run_name = 'fold 2'" })).rows;
        await client.runs.delete(fold?.run_id ?? "");
        expect(await found({ filter: "attributes.run_name ILIKE 'fold%'" })).toEqual(["fold 1"]);
        expect(await found({ view: "deleted" })).toEqual(["fold 2"]);
        expect(names(await tracker.runTree(root))).toEqual(["root", [["fold 1", [["trial", [["epoch", []]]]]]]]);
      });
    });

    test("S1.3 runTree() hangs what is below a deleted run from the nearest run above that is not", async () => {
      await withBench(target, {}, async ({ tracker, client }) => {
        const root = await family(tracker);
        const idOf = async (name: string): Promise<string> => {
          const { rows } = await tracker.searchRuns({ root, filter: `attributes.run_name = '${name}'` });
          return rows[0]?.run_id ?? "";
        };
        const [fold, trial] = [await idOf("fold 1"), await idOf("trial")];
        await client.runs.delete(trial);
        const late: Names = [
          "root",
          [
            ["fold 1", [["epoch", []]]],
            ["fold 2", []],
          ],
        ];
        expect(names(await tracker.runTree(root))).toEqual(late);
        expect(names(await tracker.runTree(fold))).toEqual(["fold 1", [["epoch", []]]]);
        await client.runs.delete(fold);
        expect(names(await tracker.runTree(root))).toEqual([
          "root",
          [
            ["epoch", []],
            ["fold 2", []],
          ],
        ]);
      });
    });

    test("S1.3 runTree() finds what another client hung below a deleted run", async () => {
      await withBench(target, {}, async ({ tracker, client, experiment }) => {
        const { experimentId } = await tracker.setExperiment(experiment);
        const foreign = async (name: string, parent?: string): Promise<string> => {
          const tags = parent === undefined ? {} : { "mlflow.parentRunId": parent };
          return (await client.runs.create({ experimentId, startTime: 1, name, tags })).info.runId;
        };
        const top = await foreign("top");
        const middle = await foreign("middle", top);
        await foreign("leaf", middle);
        await client.runs.delete(middle);
        expect(names(await tracker.runTree(top))).toEqual(["top", [["leaf", []]]]);
        // `mlflow gc` leaves nothing of a deleted run.
        const tags = { "mlflow.parentRunId": "0".repeat(32), "mlflow.rootRunId": top };
        await client.runs.create({ experimentId, startTime: 2, name: "orphan", tags });
        expect(names(await tracker.runTree(top))).toEqual([
          "top",
          [
            ["leaf", []],
            ["orphan", []],
          ],
        ]);
      });
    });

    test("S1.3 a circle of parents, and a deleted root, do no harm", async () => {
      await withBench(target, {}, async ({ tracker, client }) => {
        const root = await family(tracker);
        const { info } = await tracker.getRun(root);
        const [epoch] = (await tracker.searchRuns({ root, filter: "attributes.run_name = 'epoch'" })).rows;
        await client.runs.setTag(info.runId, "mlflow.parentRunId", epoch?.run_id ?? "");
        await client.runs.setTag(info.runId, "mlflow.rootRunId", info.runId);
        expect(names(await tracker.runTree(root))).toEqual(whole);
        await client.runs.delete(info.runId);
        const cure = `restore it with createClient(tracker).runs.restore("${info.runId}")`;
        await expect(tracker.runTree(root)).rejects.toThrow(cure);
        await expect(tracker.searchRuns({ root })).rejects.toThrow(cure);
        await expect(tracker.resumeRun(info.runId)).rejects.toThrow(cure);
        await expect(tracker.searchRuns({ root: "' OR 1" })).rejects.toThrow("its id must have letters");
      });
    });

    test("S1.3 quotes and other signs in names, keys and values are found, and change no condition", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const evil = [`it's`, `say "hi"`, "50 % _ \\ x", "a' OR 'b' = 'b"];
        const root = tracker.startRun({ name: "root" });
        for (const [index, text] of evil.entries()) {
          const run = root.startChild({ name: text, params: { "val/lr x": text } });
          run.logMetric("val/f1 score", index);
          await run.end();
        }
        await root.end();
        for (const [index, text] of evil.entries()) {
          const query = filter`attributes.run_name = ${text} AND params.${filter.key("val/lr x")} = ${text} AND metrics.${filter.key("val/f1 score")} < ${index + 1}`;
          const { rows } = await tracker.searchRuns({ root, filter: query });
          expect(rows.map((row) => row.name)).toEqual([text]);
        }
        expect(() => filter`attributes.run_name = ${`both ' and "`}`).toThrow("one kind of quotes at most");
      });
    });

    test("S1.3 runs that another client hung below are in the tree, after a restart too", async () => {
      await withBench(target, {}, async ({ tracker, client, another }) => {
        const before = another();
        const foreign = async (name: string, parent: string): Promise<string> => {
          const { info } = await before.getRun(parent);
          const tags = { "mlflow.parentRunId": info.runId };
          const run = await client.runs.create({ experimentId: info.experimentId, startTime: 9000, name, tags });
          return run.info.runId;
        };
        const lonely = before.startRun({ name: "lonely" });
        await lonely.end("FINISHED", { until: "delivered" });
        await foreign("leaf", await foreign("python", lonely.localId));
        await before.close();
        expect(names(await tracker.runTree(lonely.localId))).toEqual(["lonely", [["python", [["leaf", []]]]]]);
      });
    });
  });

  describe("S1.4", () => {
    test("S1.4 findOrStartRun() starts one run however many processes of one queue look at once", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const queue = survivingQueue();
        const racers = Array.from({ length: 4 }, () => another({ queue }));
        const parent = await tracker.findOrStartRun({ name: "sweep" });
        const id = await parent.runId();
        const runs = await Promise.all(
          racers.flatMap((racer) => ["a", "b"].map((name) => racer.findOrStartRun({ name, parent: id }))),
        );
        expect(new Set(await Promise.all(runs.map((run) => run.runId()))).size).toBe(2);
        await Promise.all(runs.map((run) => run.end("FINISHED", { until: "delivered" })));
        expect((await tracker.searchRuns({ root: id })).rows.map((row) => row.name).sort()).toEqual(["a", "b"]);
        const dated = await Promise.all(
          racers.map((racer) => racer.findOrStartRun({ name: "a", parent: id, ifExists: "date-suffix" })),
        );
        expect(new Set(dated.map((run) => run.name)).size).toBe(4);
        await Promise.all([...dated, parent].map((run) => run.end()));
      });
    });

    test("S1.4 findOrStartRun() goes on with what a process left in the queue that died before it was sent", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const queue = survivingQueue();
        const dying = another({ queue, delivery: { mode: "manual" } });
        const lost = dying.startRun({ name: "job", params: { lr: 1 } });
        lost.logMetric("loss", 3);
        await dying.close();
        const again = await another({ queue }).findOrStartRun({ name: "job" });
        again.logMetric("loss", 2);
        await again.end("FINISHED", { until: "delivered" });
        const { rows } = await tracker.searchRuns();
        expect(rows.map((row) => [row.name, row.status, row["params.lr"]])).toEqual([["job", "FINISHED", "1"]]);
        const history = await tracker.getMetricHistory(lost.localId, "loss");
        expect(history.map(({ step, value }) => [step, value])).toEqual([
          [0, 3],
          [1, 2],
        ]);
      });
    });

    test("S1.4 findOrStartRun() starts without a server when it may, and goes on with that run after a restart", async () => {
      await withBench(target, {}, async (bench) => {
        const reached = await offlineFirst(bench, async (offline) => {
          const run = await offline.findOrStartRun({ name: "job", ifUnreachable: "start" });
          run.logMetric("loss", 1);
          await run.end();
        });
        const again = await reached.findOrStartRun({ name: "job" });
        again.logMetric("loss", 0.5);
        await again.end("FINISHED", { until: "delivered" });
        const { rows } = await bench.tracker.searchRuns();
        expect(rows.map((row) => [row.name, row.status, row["metrics.loss"]])).toEqual([["job", "FINISHED", 0.5]]);
      });
    });

    test("S1.4 replace keeps the old run until the new one is FINISHED, and makes up for one that died", async () => {
      await withBench(target, {}, async ({ tracker, another, client }) => {
        const stage = async (id: string): Promise<string> => (await client.runs.get(id)).info.lifecycleStage;
        const old = await tracker.findOrStartRun({ name: "job" });
        await old.end("FINISHED", { until: "delivered" });
        const failing = await tracker.findOrStartRun({ name: "job", ifExists: "replace" });
        await failing.end("FAILED");
        await tracker.flush();
        const [oldId, failedId] = await Promise.all([old.runId(), failing.runId()]);
        expect(await Promise.all([oldId, failedId].map(stage))).toEqual(["active", "active"]);
        const next = another();
        const done = await next.findOrStartRun({ name: "job", ifExists: "replace" });
        await done.end();
        await next.flush();
        expect(await Promise.all([oldId, failedId, await done.runId()].map(stage))).toEqual([
          "deleted",
          "deleted",
          "active",
        ]);
      });
    });

    test("S1.4 findOrStartRun() refuses what it cannot look for, and starts nothing", async () => {
      await withBench(target, {}, async ({ tracker, client, experiment }) => {
        await expect(tracker.findOrStartRun({ name: "" })).rejects.toThrow("name must be a text");
        await expect(tracker.findOrStartRun({ name: "x", ifExists: "merge" as "reuse" })).rejects.toThrow(
          'ifExists must be "reuse", "replace" or "date-suffix": current value is "merge"',
        );
        expect(await client.experiments.getByName(experiment)).toBeUndefined();
      });
    });
  });
}
