import { join } from "node:path";
import { expect, test } from "vitest";
import { createTracker } from "../../../src/index.ts";
import { sqliteQueue } from "../../../src/queue/sqlite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { testServer } from "../../support/test-server.ts";

const temporaryDirectory = temporaryDirectories();

test("S3.6 alertOn() tells once where two trackers with one queue file see the same", async () => {
  const server = await testServer();
  const path = join(await temporaryDirectory(), "queue.db");
  const { trackingUri, fetch } = server;
  const open = () => createTracker({ trackingUri, fetch, queue: sqliteQueue({ path }), onProblem: () => {} });
  const trackers = [open(), open()] as const;
  const first = trackers[0].startRun();
  const second = await trackers[1].resumeRun(await first.runId());
  const told: string[] = [];
  for (const [tab, run] of [first, second].entries()) {
    run.alertOn({
      id: "high",
      metric: "loss",
      operator: ">",
      value: 2,
      cooldown: 500,
      onAlert: (alert) => void told.push(`${alert.step} by ${tab}`),
    });
  }
  const start = 1_900_000_000_000;
  for (const [step, value] of [1, 3, 4, 1, 5].entries()) {
    for (const run of [first, second]) run.logMetric("loss", value, { step, timestamp: start + step * 1000 });
  }
  await first.end("FINISHED", { until: "delivered" });
  for (const tracker of trackers) await tracker.close();
  // Which of the two tells is chance; that one of them tells all, once, is not.
  const [tab] = told[0]?.match(/\d$/) ?? [];
  expect(told).toEqual([`1 by ${tab}`, `4 by ${tab}`]);
  server.close();
});
