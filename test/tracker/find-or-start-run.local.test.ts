import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve } from "../../src/cli/http/serve.ts";
import { openTracker } from "../../src/open/local.ts";
import { startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { testServer } from "../support/test-server.ts";

const temporaryDirectory = temporaryDirectories();

test("S1.4 findOrStartRun() starts one run in a local store that two processes use at once", async () => {
  const directory = await temporaryDirectory();
  const program = new URL("./programs/find.ts", import.meta.url);
  const programs = [1, 2].map(() => startProgram(program, [directory]));
  await Promise.all(programs.map(({ line }) => line("ready")));
  await writeFile(join(directory, "go"), "");
  const ends = await Promise.all(programs.map(({ end }) => end));
  expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(ends.map(() => [0, ""]));
  await using tracker = await openTracker({ directory, experiment: "jobs" });
  const { rows } = await tracker.searchRuns();
  expect(rows.map((row) => [row.name, row.status]).sort()).toEqual(["a", "b", "c"].map((name) => [name, "FINISHED"]));
});

test("S1.4 findOrStartRun() starts one run where trackers share a queue file", async () => {
  const server = await testServer();
  const { url, close } = await serve(server.fetch, { host: "127.0.0.1", port: 0, onError: () => {} });
  const directory = await temporaryDirectory();
  const open = (): ReturnType<typeof openTracker> =>
    openTracker({
      directory,
      trackingUri: url,
      experiment: "jobs",
      delivery: { flushInterval: 50 },
      onProblem: () => {},
    });
  try {
    const trackers = await Promise.all([open(), open(), open()]);
    const runs = await Promise.all(trackers.map((tracker) => tracker.findOrStartRun({ name: "job" })));
    const ids = await Promise.all(runs.map((run) => run.runId()));
    expect(new Set(ids).size).toBe(1);
    const { rows } = await trackers[0]!.searchRuns({ freshness: 0 });
    expect(rows.map((row) => row.name)).toEqual(["job"]);
    for (const tracker of trackers) await tracker.close({ timeout: 0 });
  } finally {
    await close();
    server.close();
  }
});
