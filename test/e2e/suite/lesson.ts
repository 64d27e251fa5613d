import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parallelChart } from "../../../src/charts/index.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import type { Run } from "../../../src/tracker/types/run.ts";
import type { Tracker } from "../../../src/tracker/types/tracker.ts";
import { offlineFirst, survivingQueue } from "./restart.ts";
import { type CreateTarget, freshName, type Target, withBench } from "./target.ts";

const inspect = Symbol.for("nodejs.util.inspect.custom");
const shownAs = (value: unknown): string => (value as Record<symbol, () => string>)[inspect]?.() ?? "";

/** Learning rate halves when two epochs bring nothing better; four of them end the training. */
function train(run: Run, losses: readonly number[], best: number = Number.POSITIVE_INFINITY): number {
  let lr = 0.1;
  let waited = 0;
  for (const loss of losses) {
    run.logMetrics({ val_loss: loss, lr });
    waited = loss < best ? 0 : waited + 1;
    if (loss < best) best = loss;
    if (waited === 2) lr /= 2;
    if (waited < 4) continue;
    run.setTag("stopped", "no better val_loss in 4 epochs");
    break;
  }
  return best;
}

/** A small sweep with a model of each run as an artifact; gives the ids of the runs. */
async function sweep(tracker: Tracker): Promise<string[]> {
  const ids: string[] = [];
  for (const lr of [0.1, 0.01, 0.001]) {
    await tracker.withRun({ name: `lr ${lr}`, params: { model: { layers: [4, 2] }, lr } }, async (run) => {
      train(run, [1, lr * 2]);
      await run.logJson({ weights: [lr, 1] }, "model/weights.json");
      ids.push(run.localId);
    });
  }
  return ids;
}

/** S2.1 to S2.8: one training, tracked whole, read back and compared. */
export function lessonSuite(createTarget: CreateTarget): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());
  const send = (request: Request): Promise<Response> => (target.fetch ?? fetch)(request);

  describe("S2.1", () => {
    test("S2.1 every request to a team server carries who asks", async () => {
      const asked = new Set<string | null>();
      const look = (request: Request): Promise<Response> => {
        asked.add(request.headers.get("authorization"));
        return send(request);
      };
      await withBench(target, { fetch: look, auth: { token: "secret" } }, async ({ tracker, problems }) => {
        await tracker.withRun((run) => run.logMetric("loss", 1));
        expect((await tracker.searchRuns()).rows).toHaveLength(1);
        // Everybody can read what a page holds: that is told.
        expect(problems.filter(({ kind }) => kind !== "token-in-page")).toEqual([]);
      });
      expect([...asked]).toEqual(["Bearer secret"]);
    });

    test("S2.1 no address is an error with the way out, and a wrong one too", () => {
      const environment = { get: () => undefined, readable: () => true } as never;
      expect(() => createTracker({ runtime: { environment } })).toThrow(/import \{ openTracker \} from "tracklet\//);
      expect(() => createTracker({ trackingUri: "databricks" })).toThrow(/https/);
    });

    test("S2.1 what a refusing server got none of is delivered after a restart with the right token", async () => {
      const guarded = (request: Request): Promise<Response> =>
        request.headers.get("authorization") === "Bearer right"
          ? send(request)
          : Promise.resolve(new Response("You are not authenticated.", { status: 401 }));
      await withBench(target, { fetch: guarded, auth: { token: "right" } }, async ({ tracker, another }) => {
        const queue = survivingQueue();
        const wrong = another({ queue, auth: { token: "wrong" } });
        const run = wrong.startRun({ name: "kept" });
        run.logMetric("loss", 1);
        await run.end();
        expect((await wrong.flush({ timeout: 2000 })).pending.points).toBe(1);
        await wrong.close();
        await another({ queue }).flush();
        expect((await tracker.searchRuns()).rows.map((row) => [row.name, row["metrics.loss"]])).toEqual([["kept", 1]]);
      });
    });
  });

  describe("S2.2", () => {
    test("S2.2 setExperiment() creates what is missing and says so, and only the first time, after a restart too", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const name = freshName("penguins");
        const first = await tracker.setExperiment(name);
        expect(first.created).toBe(true);
        expect(shownAs(first)).toBe(`Experiment "${name}" (id ${first.experimentId}), created`);
        const second = await another().setExperiment(name);
        expect([second.created, second.experimentId]).toEqual([false, first.experimentId]);
        expect(shownAs(second)).toBe(`Experiment "${name}" (id ${first.experimentId})`);
      });
    });

    test("S2.2 setExperiment() refuses a name that MLflow would, and leaves the experiment as it was", async () => {
      await withBench(target, {}, async ({ tracker, experiment }) => {
        await expect(tracker.setExperiment("")).rejects.toThrow("it must have 1 to 500 characters");
        await expect(tracker.setExperiment("x".repeat(501))).rejects.toThrow("a text of 501");
        await tracker.startRun().end();
        const { rows } = await tracker.searchRuns({ experiments: [experiment] });
        expect(rows).toHaveLength(1);
      });
    });
  });

  describe("S2.3", () => {
    test("S2.3 a killed run is told from a failed and a finished one, and can be gone on with", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const stop = new AbortController();
        const killed = tracker.withRun({ name: "killed", signal: stop.signal }, async (run) => {
          run.logMetric("loss", 1);
          stop.abort();
          run.signal.throwIfAborted();
        });
        await expect(killed).rejects.toThrow();
        await expect(tracker.withRun({ name: "failed" }, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
        await tracker.withRun({ name: "finished" }, () => {});
        const statuses = async (): Promise<unknown> =>
          (await tracker.searchRuns()).sort("name").rows.map((row) => [row.name, row.status]);
        expect(await statuses()).toEqual([
          ["failed", "FAILED"],
          ["finished", "FINISHED"],
          ["killed", "KILLED"],
        ]);
        const second = another();
        const run = await second.resumeRun({ name: "killed" });
        await second.flush();
        expect((await tracker.getRun(run.localId)).info.status).toBe("RUNNING");
        run.logMetric("loss", 0.5);
        await run.end("FINISHED", { until: "delivered" });
        expect((await tracker.getMetricHistory(run.localId, "loss")).map(({ step }) => step)).toEqual([0, 1]);
        await expect(tracker.resumeRun({ name: "nobody" })).rejects.toThrow("findOrStartRun() starts it");
      });
    });
  });

  describe("S2.4", () => {
    test("S2.4 steps, nested params and artifacts that were logged offline arrive after a restart as they were", async () => {
      await withBench(target, {}, async (bench) => {
        let id = "";
        await offlineFirst(bench, async (offline) => {
          const run = offline.startRun({ params: { model: { layers: [8, 4], bias: true }, lr: 1e-3, none: null } });
          for (let epoch = 1; epoch <= 3; epoch++)
            run.logMetrics({ loss: 1 / epoch, lr: 0.1 / epoch }, { step: epoch });
          await run.logJson({ a: 1 }, "config.json");
          await run.logArtifact(Uint8Array.of(0, 255, 10), "model", { name: "weights.bin" });
          run.logMetric("bad", "x" as unknown as number);
          id = run.localId;
          await run.end();
        });
        const { tracker } = bench;
        const { info, data } = await tracker.getRun(id);
        expect(info.status).toBe("FINISHED");
        expect(data.params).toEqual({ "model.layers": "[8,4]", "model.bias": "true", lr: "0.001", none: "null" });
        const histories = await tracker.getMetricHistories(id);
        expect(histories.rows.map(({ key, step, value }) => [key, step, value])).toEqual([
          ["loss", 1, 1],
          ["loss", 2, 1 / 2],
          ["loss", 3, 1 / 3],
          ["lr", 1, 0.1],
          ["lr", 2, 0.05],
          ["lr", 3, 0.1 / 3],
        ]);
        expect(new Uint8Array(await (await tracker.openArtifact(id, "model/weights.bin")).arrayBuffer())).toEqual(
          Uint8Array.of(0, 255, 10),
        );
        expect((await tracker.listArtifacts(id)).map(({ path }) => path).sort()).toEqual(["config.json", "model"]);
      });
    });
  });

  describe("S2.5", () => {
    test("S2.5 early stopping and the learning rate are in the run, a NaN is no progress, and a restart goes on", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const first = another();
        const run = first.startRun({ name: "patient" });
        const best = train(run, [1, 0.5, Number.NaN, 0.6]);
        await run.end("KILLED", { until: "delivered" });
        await first.close();
        const again = await tracker.resumeRun({ name: "patient" });
        train(again, [0.7, 0.7, 0.7, 0.7, 0.1], best);
        await again.end();
        const [row] = (await tracker.searchRuns()).rows;
        expect([row?.status, row?.["tags.stopped"]]).toEqual(["FINISHED", "no better val_loss in 4 epochs"]);
        const { rows } = (await tracker.getMetricHistories(again.localId, "lr")).sort("step");
        expect(rows.map(({ step, value }) => [step, value])).toEqual([
          [0, 0.1],
          [1, 0.1],
          [2, 0.1],
          [3, 0.1],
          [4, 0.1],
          [5, 0.1],
          [6, 0.05],
          [7, 0.05],
        ]);
      });
    });
  });

  describe("S2.7", () => {
    test("S2.7 a second process finds the best run by name of the experiment, and rebuilds its model", async () => {
      await withBench(target, {}, async ({ tracker, another, experiment }) => {
        const first = another();
        await sweep(first);
        await first.close();
        const table = await tracker.searchRuns({ experiments: [experiment], orderBy: "metrics.val_loss ASC" });
        const best = table.best("val_loss", "min");
        expect([best?.name, table.rows[0]?.name]).toEqual(["lr 0.001", "lr 0.001"]);
        const { weights } = await (await tracker.openArtifact(best?.run_id ?? "", "model/weights.json")).json();
        const predict = (x: number): number => weights[0] * x + weights[1];
        expect(predict(1000)).toBe(2);
        expect(() => table.best("no such metric", "min")).toThrow("metrics.val_loss");
        await expect(tracker.openArtifact(best?.run_id ?? "", "model/none.json")).rejects.toThrow("none.json");
        await expect(tracker.searchRuns({ orderBy: "loss ASC" })).rejects.toThrow();
      });
    });
  });

  describe("S2.8", () => {
    test("S1.5 S2.8 a sweep is a table that sorts, groups, exports, and compares its runs", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const first = another();
        const ids = await sweep(first);
        await first.close();
        const table = await tracker.searchRuns();
        const compared = await tracker.compareRuns(ids);
        expect(compared.rows.filter((row) => row.differs && row.field.startsWith("params."))).toEqual([
          { field: "params.lr", differs: true, "lr 0.1": "0.1", "lr 0.01": "0.01", "lr 0.001": "0.001" },
        ]);
        expect(compared.rows[0]?.field).toBe("params.lr");
        expect(compared.toString()).toMatch(/^field +differs +lr 0\.1 /);
        const sorted = table.sort("params.lr").select("name", "params.lr", "metrics.val_loss");
        expect(sorted.toCSV()).toBe(
          "name,params.lr,metrics.val_loss\nlr 0.001,0.001,0.002\nlr 0.01,0.01,0.02\nlr 0.1,0.1,0.2\n",
        );
        expect([...table.group("params.model.layers").keys()]).toEqual(["[4,2]"]);
        expect(table.bestBy("params.model.layers", "val_loss", "max").rows.map((row) => row.name)).toEqual(["lr 0.1"]);
        const svg = parallelChart({
          axes: ["params.lr", "metrics.val_loss"].map((name) => ({ name })),
          lines: table.rows.map((row) => ({
            name: row.name,
            values: [Number(row["params.lr"]), row["metrics.val_loss"] ?? Number.NaN],
          })),
        });
        expect(svg).toContain("lr 0.001");
        await expect(tracker.compareRuns([])).rejects.toThrow("a list of one or more");
        await expect(tracker.compareRuns([ids[0] as string, "0".repeat(32)])).rejects.toThrow();
      });
    });

    test("S1.5 S2.8 a sweep that was logged offline first makes the same table, and refuses what it has no column for", async () => {
      await withBench(target, {}, async (bench) => {
        await offlineFirst(bench, async (offline) => void (await sweep(offline)));
        const table = await bench.tracker.searchRuns();
        expect(table.toColumns()["metrics.val_loss"]).toHaveLength(3);
        expect(table.best("val_loss", "min")?.name).toBe("lr 0.001");
        expect(table.filter((row) => row["params.lr"] === "0.1").rows.map((row) => row.name)).toEqual(["lr 0.1"]);
        expect(() => table.select("loss" as never)).toThrow("loss");
        expect(() => table.sort("val_loss" as never)).toThrow("val_loss");
      });
    });

    test("S1.5 a table of hostile texts is escaped, and missing cells are NaN or null, after a restart too", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const evil = `=<script>alert("1")</script>\u001b[31m,`;
        const before = another();
        const run = before.startRun({ name: evil, params: { evil }, tags: { evil } });
        run.logMetric("only", 1);
        await run.end();
        await before.startRun({ name: "plain" }).end();
        await before.close();
        const table = (await tracker.searchRuns()).sort("name", "desc");
        const [plain, odd] = table.rows;
        expect([plain?.["metrics.only"], plain?.["params.evil"], plain?.["tags.evil"]]).toEqual([
          Number.NaN,
          null,
          null,
        ]);
        expect([odd?.["params.evil"], odd?.["tags.evil"]]).toEqual([evil, evil]);
        expect(table.toHTML()).not.toContain("<script>");
        expect(table.toString()).not.toContain("\u001b");
        const csv = table.select("params.evil").toCSV({ spreadsheet: true });
        expect(csv).toBe(`\ufeffparams.evil\r\n\r\n"'${evil.replaceAll('"', '""')}"\r\n`);
        expect(JSON.parse(table.select("params.evil").toJSONLines().split("\n")[1] ?? "")).toEqual({
          "params.evil": evil,
        });
      });
    });
  });
}
