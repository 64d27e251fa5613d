import { describe, expect, test } from "vitest";
import { openTracker } from "../../src/open/local.ts";
import type { Problem } from "../../src/queue/types.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { unreachable } from "./world.ts";
import { createTracker } from "../../src/index.ts";

const temporaryDirectory = temporaryDirectories();
const none = { points: 0, requests: 0 };

describe("S3.1 setMode() where there is no server", () => {
  test("has an OFFLINE recording go into the local store, and tells that nothing is held up", async () => {
    const directory = await temporaryDirectory();
    const problems: Problem[] = [];
    const recorder = createRecorder({
      tracker: (settings) => openTracker({ ...settings, directory, onProblem: (one) => void problems.push(one) }),
      name: "walk",
      project: "field",
      mode: "OFFLINE",
      environment: false,
    });
    const { recordingId } = await recorder.start();
    for (let step = 0; step < 100; step++) recorder.addRecord({ height: step });
    const { pending, unkept } = await recorder.stop();
    expect([pending, unkept]).toEqual([none, none]);
    expect(problems.map(({ kind }) => kind)).toEqual(["unsupported"]);
    expect(problems[0]?.message).toContain("no server to be offline from");
    await using later = await openTracker({ directory });
    expect((await later.getRun(recordingId)).info.status).toBe("FINISHED");
    expect(await later.getMetricHistory(recordingId, "height")).toHaveLength(100);
  });

  test("pause() of a tracker holds nothing up in memory", async () => {
    const directory = await temporaryDirectory();
    await using tracker = await openTracker({ directory, onProblem: () => {} });
    tracker.queue.pause();
    const run = tracker.startRun({ name: "walk" });
    run.logMetric("a", 1);
    const { pending, unkept } = await tracker.flush({ until: "durable" });
    expect([pending, unkept, tracker.queue.status().host]).toEqual([none, none, "ok"]);
    await run.end();
  });

  test("tells of an OFFLINE recording whose queue is in memory alone", async () => {
    const problems: Problem[] = [];
    const tracker = createTracker({
      trackingUri: "http://localhost:5000",
      fetch: unreachable,
      onProblem: (one) => void problems.push(one),
      delivery: { exitTimeout: 0 },
    });
    const recorder = createRecorder({ tracker, name: "walk", mode: "OFFLINE", environment: false });
    await recorder.start();
    expect(problems.map(({ kind }) => kind)).toEqual(["memory-queue"]);
    recorder.addRecord({ a: 1 });
    expect((await recorder.stop()).unkept.points).toBe(1);
    await tracker.close();
  });
});
