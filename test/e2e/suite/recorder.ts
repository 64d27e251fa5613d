import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRecorder } from "../../../src/recorder/index.ts";
import { type CreateTarget, type ServerFaults, type Target, withBench } from "./target.ts";

/** Recordings: OFFLINE and ONLINE, alerted, taken up again by another tracker. */
export function recorderSuite(createTarget: CreateTarget, { release2 = false }: ServerFaults = {}): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  describe("recordings", () => {
    test("S3.4 a recorder records through modes and a crash, each record and each alert once", async () => {
      await withBench(target, {}, async ({ tracker, client, another }) => {
        const alerts: (number | undefined)[] = [];
        const make = (from: typeof tracker) => {
          const recorder = createRecorder({ tracker: from, name: "walk", modelClass: "softmax", notes: "sunny" });
          const onAlert = ({ step }: { step?: number }): void => void alerts.push(step);
          recorder.attachAlertOn({ metric: "loss", operator: ">", value: 2, cooldown: 0, onAlert });
          return recorder;
        };
        const first = make(tracker);
        first.setMode("OFFLINE");
        const { recordingId } = await first.start();
        for (const loss of [1, 3, 4]) first.addRecord({ loss });
        first.setMode("ONLINE");
        await tracker.flush();
        const second = make(another());
        const recording = await second.attach(recordingId);
        for (const loss of [5, 1, 6]) second.addRecord({ loss });
        second.summary({ trainingLoss: 1, epochs: 6 });
        const { runId, modelId } = await recording.ids();
        await second.stop("FINISHED", { timeout: 10_000 });
        const points = await client.metrics.history({ runId, key: "loss" }).all();
        const sorted = points.toSorted((a, b) => a.step - b.step).map(({ step, value }) => [step, value]);
        expect(sorted).toEqual([1, 3, 4, 5, 1, 6].map((loss, step) => [step, loss]));
        expect(alerts).toEqual([1, 5]);
        const { info, data } = await client.runs.get(runId);
        expect(info.status).toBe("FINISHED");
        expect(data.metrics).toMatchObject({ "summary.trainingLoss": 1, "summary.epochs": 6 });
        expect(data.tags).toMatchObject({ "mlflow.note.content": "sunny", "mlflow.tracklet.runId": recordingId });
        expect(JSON.parse(data.tags["mlflow.tracklet.alert.loss above 2"] ?? "")).toMatchObject([
          { step: 1 },
          { step: 5 },
        ]);
        if (release2) expect(modelId).toBeUndefined();
        else
          expect(await client.loggedModels.get(modelId ?? "")).toMatchObject({
            modelType: "softmax",
            sourceRunId: runId,
          });
      });
    });
  });
}
