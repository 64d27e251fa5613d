import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import type { Run } from "../../src/tracker/types/run.ts";
import { type MockBench, mockBench } from "../faults/mock-bench.ts";

/** A run "x" that is open here and on the server, where a person then does something with it. */
async function changed(what: "deleted" | "renamed"): Promise<{ it: MockBench; run: Run }> {
  const it = await mockBench();
  const run = await it.runtime.clock.until(it.tracker.findOrStartRun({ name: "x" }));
  await it.flush();
  const { runs } = createClient({ trackingUri: it.mock.trackingUri, fetch: it.mock.fetch });
  const id = await run.runId();
  if (what === "deleted") await runs.delete(id);
  else await runs.update(id, { name: "kept" });
  return { it, run };
}

const found = async ({ reader }: MockBench): Promise<string[]> =>
  (await reader.runs("faults")).map(({ info }) => `${info.run_name} ${info.lifecycle_stage}`).sort();

describe("A run that is open here and that a person has deleted or renamed on the server", () => {
  test.each(["deleted", "renamed"] as const)("is not found by findOrStartRun() (%s)", async (what) => {
    const { it, run } = await changed(what);
    const next = await it.runtime.clock.until(it.tracker.findOrStartRun({ name: "x" }));
    expect(next).not.toBe(run);
    await it.runtime.clock.until(next.end("FINISHED", { until: "delivered" }));
    expect(await found(it)).toContain("x active");
  });

  test("is not stepped aside for", async () => {
    const { it } = await changed("deleted");
    const next = await it.runtime.clock.until(it.tracker.findOrStartRun({ name: "x", ifExists: "date-suffix" }));
    expect(next.name).toBe("x");
  });

  test("is not replaced", async () => {
    const { it } = await changed("renamed");
    const next = await it.runtime.clock.until(it.tracker.findOrStartRun({ name: "x", ifExists: "replace" }));
    await it.runtime.clock.until(next.end());
    await it.flush();
    expect(await found(it)).toEqual(["kept active", "x active"]);
  });

  test("is not resumed by its name", async () => {
    const { it } = await changed("deleted");
    await expect(it.runtime.clock.until(it.tracker.resumeRun({ name: "x" }))).rejects.toThrow("no active one");
  });
});
