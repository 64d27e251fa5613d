import { describe, expect, test } from "vitest";
import { createTracker } from "../../src/tracker/create-web-tracker.ts";
import { webDefaults } from "../../src/runtime/web.ts";
import { testServer } from "../support/test-server.ts";

describe("createTracker of pages", () => {
  test("createTracker() of pages logs as the general one does", async () => {
    const server = await testServer();
    try {
      const tracker = createTracker({ trackingUri: server.trackingUri, fetch: server.fetch, onProblem: () => {} });
      const run = tracker.startRun({ params: { lr: 0.1 } });
      run.logMetric("loss", 0.25);
      await run.end("FINISHED", { until: "delivered" });
      const { data } = await tracker.getRun(run.localId);
      expect(data.metrics).toEqual({ loss: 0.25 });
      expect(data.params).toEqual({ lr: "0.1" });
      await tracker.close();
    } finally {
      await server.close();
    }
  });

  test("createTracker() of pages refuses wrong options before it looks at the platform", () => {
    expect(() => createTracker(null as never)).toThrow("Cannot use the options as they must be an object");
  });

  test("webDefaults() has no files, and takes what is given in place of the platform's own", () => {
    const fetch = async (): Promise<Response> => new Response();
    expect(webDefaults({ fetch })).toMatchObject({ files: undefined, fetch });
    expect(webDefaults({ name: "browser" }).name).toBe("browser");
  });
});
