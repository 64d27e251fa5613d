import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { openTracker } from "../../src/open/local.ts";

const room = mkdtempSync(join(tmpdir(), "tracklet-ends-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly errors: string;
}

/** Runs the program in a process of its own, by the runtime of this test. */
function program(directory: string, way: string): Promise<Ended> {
  const main = fileURLToPath(new URL("./programs/ends.ts", import.meta.url));
  const flags = process.versions["deno"] === undefined ? [] : ["run", "-A"];
  const child = spawn(process.execPath, [...flags, main, directory, way], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data: unknown) => (errors += String(data)));
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, errors })));
}

describe("the end of a process with an open run", () => {
  test.each([
    ["return", "FINISHED", undefined],
    ["end", "FINISHED", undefined],
    ["throw", "FAILED", "RangeError: diverged"],
    ["reject", "FAILED", "TypeError: no await"],
    ["signal", "KILLED", undefined],
    ["scope", "FAILED", "Error: inner failed"],
  ])(
    "%s: nothing that was logged is lost, and the run is %s",
    async (way, status, error) => {
      const directory = join(room, way);
      const ended = await program(directory, way);
      await using tracker = await openTracker({ directory, experiment: "ends" });
      const { rows } = await tracker.searchRuns({ filter: `attributes.run_name = '${way}'` });
      expect(rows).toHaveLength(1);
      const id = rows[0]?.run_id ?? "";
      const run = await tracker.getRun(id);
      expect(run.info.status).toBe(status);
      expect(run.info.endTime).toBeGreaterThan(run.info.startTime);
      expect(run.data.tags["mlflow.tracklet.error"]).toBe(error);
      expect(run.data.tags["mlflow.tracklet.endedBy"]).toBe(way === "signal" ? "SIGTERM" : undefined);
      expect(await tracker.getMetricHistory(id, "loss")).toHaveLength(10);
      expect(await (await tracker.openArtifact(id, "note.txt")).text()).toBe("kept");
      // The process itself ends as it would have without a tracker.
      if (way === "signal") expect([ended.signal, ended.code]).toContain(ended.signal === null ? 143 : "SIGTERM");
      else expect(ended.code === 0).toBe(error === undefined);
      expect(ended.errors.includes("did not reach")).toBe(false);
      if (error !== undefined) expect(ended.errors).toContain(error.split(": ")[1]);
    },
    60_000,
  );
});
