import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CreateTarget, type Target, withBench } from "./target.ts";

/** Metrics, params, tags and inputs, good and bad ones. */
export function loggingSuite(createTarget: CreateTarget): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  describe("logging", () => {
    test("S2.4 metrics keep step, timestamp and value, in thousands too", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        const steps = Array.from({ length: 2500 }, (_, n) => n);
        run.logMetricSeries("loss", {
          steps,
          values: steps.map((n) => 1 / (n + 1)),
          timestamps: steps.map((n) => 1_700_000_000_000 + n),
        });
        run.logMetric("other", 2, { step: -5, timestamp: 0 });
        await run.end();
        const history = await run.history("loss", { freshness: 60_000 });
        expect(history).toHaveLength(2500);
        expect(history[2499]).toEqual({ key: "loss", value: 1 / 2500, step: 2499, timestamp: 1_700_000_002_499 });
        expect(await run.history("other")).toEqual([{ key: "other", value: 2, step: -5, timestamp: 0 }]);
        expect(await run.history("never")).toEqual([]);
      });
    });

    test("numbers at the edge arrive as MLflow stores them", async () => {
      await withBench(target, {}, async ({ tracker, problems }) => {
        const run = tracker.startRun();
        const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 0.1 + 0.2, 1e308];
        run.logMetricSeries("edge", { steps: values.map((_, n) => n), values });
        run.logMetric("far", 1, { step: Number.MAX_SAFE_INTEGER });
        run.logMetric("far", 1, { step: Number.MIN_SAFE_INTEGER });
        await run.end();
        const history = [...(await run.history("edge"))].sort((a, b) => a.step - b.step);
        const max = Number.MAX_VALUE;
        expect(history.map((point) => point.value)).toEqual([Number.NaN, max, -max, 0, 5e-324, 0.1 + 0.2, 1e308]);
        const far = (await run.history("far")).map((point) => point.step).sort((a, b) => a - b);
        expect(far).toEqual([Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
        expect(problems).toEqual([]);
      });
    });

    test("a bad value costs itself and nothing else", async () => {
      await withBench(target, {}, async ({ tracker, problems }) => {
        const run = tracker.startRun({ params: { lr: 0.1 }, tags: { "bad😀": "x", good: "y" } });
        run.logMetrics({ "🔥": 1, loss: 2, "a/../b": 3 }, { step: 1 });
        run.logMetric("loss", 3, { step: 1.5 });
        run.logMetric("loss", "4" as unknown as number);
        run.logMetric("loss", 5, { timestamp: 1_700_000_000 });
        run.logParams({ dropout: undefined, "p%": 1, long: "x".repeat(10_000), emoji: "🦜".repeat(7000) });
        run.logParam("lr", 0.2);
        run.setTag("long", "y".repeat(10_000));
        await run.end();
        const { data } = await tracker.getRun(run.localId);
        expect(Object.keys(data.metrics)).toEqual(["loss"]);
        expect((await run.history("loss")).map((point) => point.value).sort()).toEqual([2, 5]);
        expect(data.params["lr"]).toBe("0.1");
        expect(data.params["long"]).toHaveLength(6000);
        expect([...(data.params["emoji"] ?? "")]).toHaveLength(6000);
        expect(Object.keys(data.params).sort()).toEqual(["emoji", "long", "lr"]);
        expect(data.tags).toMatchObject({ good: "y", long: "y".repeat(8000) });
        const { quarantined } = tracker.queue.status();
        expect(quarantined).toEqual({ points: 4, requests: 4 });
        expect(problems.map(({ kind, key }) => `${kind} ${key}`).sort()).toEqual([
          "invalid-value a/../b",
          "invalid-value bad😀",
          "invalid-value dropout",
          "invalid-value loss",
          "invalid-value p%",
          "invalid-value 🔥",
          "param-conflict lr",
          "suspicious-value loss",
          "truncated emoji",
          "truncated long",
          "truncated long",
        ]);
      });
    });

    test("keys of other scripts, with spaces and slashes, round-trip", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const keys = ["потеря", "損失", "val/loss", "a b", "a.b-c:d_e", "k".repeat(250)];
        const run = tracker.startRun();
        for (const key of keys) {
          run.logMetric(key, 1);
          run.logParam(key, "v");
          run.setTag(key, "t");
        }
        await run.end();
        const { data } = await tracker.getRun(run.localId);
        expect(Object.keys(data.metrics).sort()).toEqual([...keys].sort());
        expect(Object.keys(data.params).sort()).toEqual([...keys].sort());
        expect(data.tags).toMatchObject(Object.fromEntries(keys.map((key) => [key, "t"])));
      });
    });

    test("many params and tags arrive, more than one request takes", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        run.logParams(Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`p${n}`, n])));
        run.setTags(Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`t${n}`, `${n}`])));
        await run.end();
        const { data } = await tracker.getRun(run.localId);
        expect(Object.keys(data.params)).toHaveLength(250);
        expect(data.params["p249"]).toBe("249");
        expect(Object.keys(data.tags).filter((key) => /^t\d+$/.test(key))).toHaveLength(150);
      });
    });

    test("the last value of a tag wins, and a deleted tag is gone", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun({ tags: { gone: "1", kept: "1" } });
        run.setTag("kept", "2");
        run.setTag("kept", "3");
        run.deleteTag("gone");
        run.deleteTag("never there");
        await run.end();
        const { data } = await tracker.getRun(run.localId);
        expect(data.tags["kept"]).toBe("3");
        expect(data.tags).not.toHaveProperty("gone");
      });
    });

    test("logInput() tells the dataset and its context", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        const dataset = { name: "penguins", digest: "abc12345", source: { url: "x" } };
        run.logInput(dataset, { context: "training", tags: { b: "1", a: "2" } });
        await run.end();
        const { inputs } = await tracker.getRun(run.localId);
        expect(inputs.datasets).toHaveLength(1);
        expect(inputs.datasets[0]).toMatchObject({
          dataset: { name: "penguins", digest: "abc12345", sourceType: "local", source: '{"url":"x"}' },
          tags: { "mlflow.data.context": "training" },
        });
      });
    });

    test("logInput() of a dataset that a run has with another context is told, as the server keeps the first without a word", async () => {
      await withBench(target, {}, async ({ tracker, another, problems }) => {
        const dataset = { name: "penguins", digest: "abc12345", source: { url: "x" } };
        const first = { context: "training", tags: { z: "1", a: "2" } };
        const run = tracker.startRun();
        run.logInput(dataset, first);
        await run.end();
        await tracker.flush();
        const resumed = await another().resumeRun(run.localId);
        resumed.logInput(dataset, first);
        expect(problems).toEqual([]);
        resumed.logInput(dataset, { context: "validation" });
        await resumed.end();
        expect(problems.map(({ key, message }) => [key, message])).toEqual([
          ["penguins", expect.stringContaining("use another name or digest")],
        ]);
        const { inputs } = await tracker.getRun(await resumed.runId());
        expect(inputs.datasets.map(({ tags }) => tags)).toEqual([
          { "mlflow.data.context": "training", z: "1", a: "2" },
        ]);
      });
    });

    test("logging goes on after the end of a run", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        await run.end("FINISHED", { until: "delivered" });
        run.logMetric("late", 1);
        const { info, data } = await tracker.getRun(run.localId);
        expect(info.status).toBe("FINISHED");
        expect(data.metrics).toEqual({ late: 1 });
      });
    });

    test("receipt() accounts for everything, and verify reads it back", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun({ params: { lr: 1 } });
        for (let n = 0; n < 10; n++) run.logMetric("loss", n);
        run.setTag("t", "1");
        run.logInput({ name: "data" });
        await run.logText("x", "dir/a.txt");
        await run.end();
        const receipt = await run.receipt({ verify: true });
        expect(receipt.runId).toBe(await run.runId());
        const line = (kind: string, key: string): unknown =>
          receipt.lines.find((one) => one.kind === kind && one.key === key);
        expect(line("metric", "loss")).toMatchObject({
          logged: 10,
          distinct: 10,
          acknowledged: 10,
          quarantined: 0,
          readBack: 10,
        });
        expect(line("param", "lr")).toMatchObject({ logged: 1, acknowledged: 1, readBack: 1 });
        expect(line("tag", "t")).toMatchObject({ logged: 1, acknowledged: 1, readBack: 1 });
        expect(line("artifact", "dir/a.txt")).toMatchObject({ logged: 1, acknowledged: 1, readBack: 1 });
        expect(receipt.verified).toBe(true);
        run.logMetric("loss", 1, { step: 0.5 });
        const after = await run.receipt();
        expect(after.lines.find((one) => one.key === "loss")).toMatchObject({ logged: 11, quarantined: 1 });
        expect(after.verified).toBeUndefined();
      });
    });

    test("receipt({ verify }) proves the rest of a run that logged under an empty key", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const run = tracker.startRun();
        run.logMetric("", 1);
        run.logMetric("loss", 0.5);
        await run.end();
        const receipt = await run.receipt({ verify: true });
        expect(receipt.lines.find((line) => line.key === "")).toMatchObject({ logged: 1, quarantined: 1, readBack: 0 });
        expect(receipt.lines.find((line) => line.key === "loss")).toMatchObject({ acknowledged: 1, readBack: 1 });
        expect(receipt).toMatchObject({ verified: false, doubts: ['metric "": 1 of 1 set aside or dropped'] });
      });
    });

    test("receipt({ verify }) decides nothing where nobody knows how many points are different ones", async () => {
      await withBench(target, {}, async ({ tracker, client }) => {
        const run = tracker.startRun();
        const again = (key: string, points: number): void => {
          for (let n = 0; n < points; n++) run.logMetric(key, n, { step: n, timestamp: 1000 + n });
        };
        for (let times = 0; times < 2; times++) again("again", 1100);
        again("once", 5);
        await run.end();
        const receipt = await run.receipt({ verify: true });
        const [line] = receipt.lines;
        expect(line).toMatchObject({ key: "again", logged: 2200, acknowledged: 2200, readBack: 1100 });
        expect(line?.distinct).toBeGreaterThan(1100);
        expect(Object.hasOwn(receipt, "verified")).toBe(false);
        expect(receipt.doubts).toEqual([
          expect.stringMatching(
            /^metric "again": 1,100 points read back, and how many of the [\d,]+ are different ones is not known$/,
          ),
        ]);
        expect(String(receipt)).toContain('not decided: metric "again": 1,100 points');
        // What is missing is missing, whatever else is not known.
        run.setTag("gone", "1");
        await tracker.flush();
        await client.runs.deleteTag(await run.runId(), "gone");
        expect(await run.receipt({ verify: true })).toMatchObject({
          verified: false,
          doubts: [expect.stringContaining("again"), 'tag "gone": 0 of 1 read back'],
        });
      });
    });
  });
}
