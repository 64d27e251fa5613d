import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { memoryQueue } from "../../src/index.ts";
import { type OpenTrackerOptions, openTracker } from "../../src/open/local.ts";
import type { Problem } from "../../src/queue/types.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { testServer } from "../support/test-server.ts";

// Several trackers are opened one after the other, also on a machine with other work.
vi.setConfig({ testTimeout: 30_000 });

const temporaryDirectory = temporaryDirectories();
const nothing = { points: 0, requests: 0 };
const gone = (): Promise<Response> => Promise.reject(new TypeError("fetch failed"));

const open = (options: OpenTrackerOptions): Promise<Tracker> =>
  openTracker({ trackingUri: "http://localhost:5000", onProblem: () => {}, ...options });

/** Logs a run of ten points and closes; gives what was left. */
async function track(options: OpenTrackerOptions, name: string): Promise<unknown> {
  const tracker = await open(options);
  await tracker.withRun({ name }, (run) => {
    for (let step = 0; step < 10; step++) run.logMetric("loss", 1 / (step + 1));
  });
  return (await tracker.close()).pending;
}

/** Resolves when nothing waits in the queue of a tracker and something was delivered. */
function delivered(tracker: Tracker): Promise<void> {
  return new Promise((resolve) => {
    const look = ({ waiting, inFlight, delivered }: ReturnType<Tracker["queue"]["status"]>): void => {
      if (waiting.requests + inFlight.requests === 0 && delivered.requests > 0) resolve();
    };
    tracker.queue.subscribe(look);
    look(tracker.queue.status());
  });
}

const queueFiles = async (directory: string): Promise<string[]> =>
  (await readdir(join(directory, ".tracklet"))).filter((name) => name.endsWith(".db")).sort();

describe("openTracker() of tracklet/local with a server", () => {
  test("keeps what the server does not have in the directory, out of version control; the next tracker sends it", async () => {
    const directory = await temporaryDirectory();
    expect(await track({ directory, fetch: gone }, "first")).not.toEqual(nothing);
    expect(await queueFiles(directory)).toEqual([expect.stringMatching(/^tracklet-localhost-5000-[0-9a-f]{16}\.db$/)]);
    expect(await readFile(join(directory, ".tracklet", ".gitignore"), "utf8")).toBe("*\n");
    const server = await testServer();
    await track({ directory, fetch: server.fetch }, "second");
    const reader = await open({ directory, fetch: server.fetch });
    await reader.flush();
    expect((await reader.searchRuns({ orderBy: "attributes.run_name" })).rows).toMatchObject([
      { name: "first", status: "FINISHED" },
      { name: "second", status: "FINISHED" },
    ]);
    await reader.close();
    server.close();
  });

  test("a tracker that logs nothing delivers what earlier ones left, in the background", async () => {
    const directory = await temporaryDirectory();
    await track({ directory, fetch: gone }, "left");
    const server = await testServer();
    const reader = await open({ directory, fetch: server.fetch });
    await delivered(reader);
    const { rows } = await reader.searchRuns();
    expect(rows).toMatchObject([{ name: "left" }]);
    expect(await reader.getMetricHistory(rows[0]!.run_id, "loss")).toHaveLength(10);
    await reader.close();
    server.close();
  });

  test("says of a run that an earlier one left that it waits, and not that there is none", async () => {
    const directory = await temporaryDirectory();
    const first = await open({ directory, fetch: gone });
    const { localId } = first.startRun();
    await first.close({ timeout: 0 });
    const server = await testServer();
    const reader = await open({ directory, fetch: server.fetch, delivery: { mode: "manual" } });
    await expect(reader.getRun(localId)).rejects.toThrow(`the run "${localId}" as the server has not created it yet`);
    await reader.flush();
    expect((await reader.getRun(localId)).info.status).toBe("FINISHED");
    await reader.close();
    server.close();
  });

  test("gives the address of a run that was started just now", async () => {
    const server = await testServer();
    const tracker = await open({ directory: await temporaryDirectory(), fetch: server.fetch });
    const run = tracker.startRun();
    const url = await run.url();
    expect(url).toMatch(/^http:\/\/localhost:5000\/#\/experiments\/0\/runs\/[0-9a-f]{32}$/);
    expect(url).toContain(await run.runId());
    await tracker.close();
    server.close();
  });

  test("delivers before close() resolves, as long as the server answers, and makes no database of MLflow", async () => {
    const directory = await temporaryDirectory();
    const server = await testServer();
    expect(await track({ directory, fetch: server.fetch }, "there")).toEqual(nothing);
    expect(await readdir(directory)).toEqual([".tracklet"]);
    server.close();
  });

  test("who only reads leaves no trace", async () => {
    const directory = await temporaryDirectory();
    const server = await testServer();
    const tracker = await open({ directory, fetch: server.fetch });
    await tracker.searchRuns();
    await tracker.flush();
    await tracker.close();
    expect(await readdir(directory)).toEqual([]);
    server.close();
  });

  test("a queue that is given wins", async () => {
    const directory = await temporaryDirectory();
    const server = await testServer();
    expect(await track({ directory, fetch: server.fetch, queue: memoryQueue() }, "mine")).toEqual(nothing);
    expect(await readdir(directory)).toEqual([]);
    server.close();
  });

  test("F30 where no file can be, unsent data waits in memory: told once with the reason, and all is delivered", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, ".tracklet"), "a file in the way");
    const problems: Problem[] = [];
    const server = await testServer();
    const onProblem = (problem: Problem): void => void problems.push(problem);
    expect(await track({ directory, fetch: server.fetch, onProblem }, "in memory")).toEqual(nothing);
    expect(problems).toMatchObject([{ kind: "memory-queue" }]);
    expect(problems[0]!.message).toContain(join(directory, ".tracklet"));
    const reader = await open({ directory, fetch: server.fetch });
    expect((await reader.searchRuns()).rows).toMatchObject([{ name: "in memory", status: "FINISHED" }]);
    await reader.close();
    server.close();
  });

  test("leaves its queue out when its directory is logged as artifacts", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "results.txt"), "good");
    const server = await testServer();
    const tracker = await open({ directory, fetch: server.fetch });
    const id = await tracker.withRun(async (run) => {
      await run.logArtifacts(directory, "all");
      return run.runId();
    });
    expect((await tracker.listArtifacts(id, "all")).map(({ path }) => path)).toEqual(["all/results.txt"]);
    await tracker.close();
    server.close();
  });

  test("refuses a wrong address before anything is made", async () => {
    const directory = await temporaryDirectory();
    await expect(open({ directory, trackingUri: "databricks" })).rejects.toThrow("the https address of the workspace");
    expect(existsSync(join(directory, ".tracklet"))).toBe(false);
  });
});

describe("F46 two destinations or two users in one directory", () => {
  test("each server, workspace and partition has its own queue, and gets what was logged for it only", async () => {
    const directory = await temporaryDirectory();
    const places: OpenTrackerOptions[] = [
      { trackingUri: "http://localhost:5001" },
      { trackingUri: "http://localhost:5002" },
      { trackingUri: "http://localhost:5001", partition: "ann" },
      { trackingUri: "http://localhost:5001", workspace: "ann" },
      { trackingUri: "http://localhost:5001", workspace: "ann", partition: "ben" },
    ];
    for (const [n, place] of places.entries()) await track({ directory, ...place, fetch: gone }, `run ${n}`);
    expect(await queueFiles(directory)).toHaveLength(places.length);
    for (const [n, place] of places.entries()) {
      const server = await testServer();
      // The embedded server has no workspaces.
      const fetch = (request: Request): Promise<Response> => {
        request.headers.delete("X-MLFLOW-WORKSPACE");
        return server.fetch(request);
      };
      const tracker = await open({ directory, ...place, fetch });
      await delivered(tracker);
      expect((await tracker.searchRuns()).rows.map(({ name }) => name)).toEqual([`run ${n}`]);
      await tracker.close();
      server.close();
    }
  });

  test("credentials make no difference: after a refused login the right one sends what waits", async () => {
    const directory = await temporaryDirectory();
    const refuses = async (): Promise<Response> => new Response("no", { status: 401 });
    expect(await track({ directory, fetch: refuses }, "refused")).not.toEqual(nothing);
    const server = await testServer();
    const tracker = await open({
      directory,
      trackingUri: "http://ann:secret@localhost:5000",
      fetch: server.fetch,
    });
    await delivered(tracker);
    expect(await queueFiles(directory)).toHaveLength(1);
    await tracker.close();
    server.close();
  });
});
