import { describe, expect, test } from "vitest";
import { openTracker } from "../../src/open/browser.ts";
import { testServer } from "../support/test-server.ts";

const onProblem = (): void => {};

describe("openTracker() of tracklet/browser", () => {
  test("tracks in memory without an address", async () => {
    const tracker = await openTracker({ experiment: "in the page", onProblem });
    await tracker.withRun({ name: "first" }, async (run) => {
      run.logMetrics({ loss: 0.5 });
      await run.logText("kept", "note.txt");
    });
    const { rows } = await tracker.searchRuns();
    expect(rows).toMatchObject([{ name: "first", status: "FINISHED" }]);
    const reply = await tracker.openArtifact(rows[0]!.run_id, "note.txt");
    expect(await reply.text()).toBe("kept");
    await tracker.close();
  });

  test("two trackers without an address share nothing", async () => {
    const [one, other] = await Promise.all([openTracker({ onProblem }), openTracker({ onProblem })]);
    await one.withRun((run) => run.logMetric("loss", 1));
    expect((await one.searchRuns()).rows).toHaveLength(1);
    expect((await other.searchRuns()).rows).toHaveLength(0);
    await one.close();
    await other.close();
  });

  test("tracks to the server of an address", async () => {
    const server = await testServer();
    const tracker = await openTracker({ trackingUri: server.trackingUri, fetch: server.fetch, onProblem });
    await tracker.withRun({ name: "there" }, (run) => run.logParam("lr", 0.1));
    expect((await tracker.searchRuns()).rows).toMatchObject([{ name: "there" }]);
    await tracker.close();
    server.close();
  });

  test("refuses a wrong address, and a fetch that has no server to go to", async () => {
    await expect(openTracker({ trackingUri: "localhost:5000" })).rejects.toThrow('write "http://" before');
    await expect(openTracker({ fetch: async () => new Response() })).rejects.toThrow(
      "Cannot use the option fetch without a server",
    );
  });
});
