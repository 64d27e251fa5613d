import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tracker } from "../../../src/tracker/types/tracker.ts";
import { type CreateTarget, type Target, withBench } from "./target.ts";

/** Tables that a run goes on with, whoever wrote what is there. */
export function tableSuite(createTarget: CreateTarget): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  const rowsOf = async (tracker: Tracker, run: string, path: string): Promise<unknown> =>
    ((await (await tracker.openArtifact(run, path)).json()) as { data: unknown }).data;

  describe("tables", () => {
    test("S2.4 logTable() of a resumed run finds a table that MLflow's list has no room for, and says that the list is full", async () => {
      await withBench(target, {}, async ({ tracker, another, problems }) => {
        const run = tracker.startRun();
        const paths = Array.from({ length: 40 }, (_, n) => `eval/${"x".repeat(230)}-${n}.json`);
        for (const path of paths) await run.logTable([{ a: 1 }], path);
        await run.end("FINISHED", { until: "delivered" });
        const full = problems.filter(({ key }) => key === "mlflow.loggedArtifacts");
        expect(full.map(({ kind }) => kind)).toEqual(["truncated"]);
        const again = await another().resumeRun(await run.runId());
        await again.logTable([{ a: 2 }], paths[39]!);
        await again.logTable([{ a: 3 }], "new.json");
        await again.end("FINISHED", { until: "delivered" });
        expect(await rowsOf(tracker, run.localId, paths[39]!)).toEqual([[1], [2]]);
        expect(await rowsOf(tracker, run.localId, "new.json")).toEqual([[3]]);
      });
    });

    test("S2.4 logTable() refuses a file that is no table, delivered or not, and leaves it as it is", async () => {
      await withBench(target, {}, async ({ tracker, another, client }) => {
        const run = tracker.startRun();
        const waiting = run.logJson({ precious: 1 }, "x.json");
        await expect(run.logTable([{ a: 1 }], "x.json")).rejects.toThrow('Cannot add to the table "x.json"');
        await waiting;
        await tracker.flush();
        await expect(run.logTable([{ a: 1 }], "x.json")).rejects.toThrow("log it under another path");
        await client.artifacts.upload(await run.runId(), "y.json", "[1]");
        await expect(run.logTable([{ a: 1 }], "y.json")).rejects.toThrow('Cannot add to the table "y.json"');
        await run.end("FINISHED", { until: "delivered" });
        const again = await another().resumeRun(await run.runId());
        await expect(again.logTable([{ a: 1 }], "x.json")).rejects.toThrow('Cannot add to the table "x.json"');
        await again.end("FINISHED", { until: "delivered" });
        expect(await (await tracker.openArtifact(run.localId, "x.json")).json()).toEqual({ precious: 1 });
        expect(await (await tracker.openArtifact(run.localId, "y.json")).text()).toBe("[1]");
      });
    });

    test("S2.4 logTable() keeps the rows of programs that add to one table in turn", async () => {
      await withBench(target, {}, async ({ tracker, another }) => {
        const run = tracker.startRun();
        await run.logTable([{ a: 1 }], "t.json");
        await tracker.flush();
        const other = another();
        const again = await other.resumeRun(await run.runId());
        await again.logTable([{ a: 2 }], "t.json");
        await other.flush();
        await run.logTable([{ a: 3 }], "t.json");
        await tracker.flush();
        await again.logTable([{ a: 4 }], "t.json");
        await again.end("FINISHED", { until: "delivered" });
        expect(await rowsOf(tracker, run.localId, "t.json")).toEqual([[1], [2], [3], [4]]);
        await run.end();
      });
    });
  });
}
