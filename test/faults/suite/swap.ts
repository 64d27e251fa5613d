import { expect } from "vitest";
import { sqliteQueue } from "../../../src/queue/sqlite.ts";
import { type FaultServer, withFaults } from "../bench.ts";
import { ServerReader } from "../server-reader.ts";
import { expectAllDelivered, nothing } from "../workload.ts";

/** Ends one server and begins another on a database of before: experiment ids are given anew, and runs are lost. */
export type Swap = () => Promise<FaultServer>;

/** Swaps the server while a tracker is at work: what it had lost waits, and new runs go on. */
export async function swapMidSession(server: FaultServer, swap: Swap): Promise<void> {
  await withFaults(server, {}, async ({ tracker, proxy, problems, experiment, reader }) => {
    const run = tracker.startRun({ name: "before" });
    run.logMetric("loss", 1);
    await run.runId();
    expectAllDelivered(await tracker.flush());
    const [before] = await reader.experiments(experiment);
    await proxy.refuse();
    run.logMetric("loss", 2);
    await tracker.flush({ timeout: 1_000 });
    const restored = await swap();
    proxy.redirect(restored.trackingUri);
    await proxy.accept();
    const report = await tracker.flush();
    expect(report).toMatchObject({ pending: nothing, parked: { points: 1, requests: 0 }, quarantined: nothing });
    expect(problems.filter(({ kind }) => kind === "run-parked")).toMatchObject([
      { run: run.localId, message: expect.stringContaining("the server has no run") },
    ]);
    const next = tracker.startRun({ name: "after" });
    next.logMetric("loss", 3);
    await next.end();
    await tracker.flush();
    const other = new ServerReader(restored.trackingUri);
    expect(before).toBeDefined();
    expect((await other.runs(experiment)).map(({ info }) => [info.run_name, info.status])).toEqual([
      ["after", "FINISHED"],
    ]);
  });
}

/** Swaps the server between two sessions on one queue file. */
export async function swapBetweenSessions(server: FaultServer, swap: Swap, path: string): Promise<void> {
  await withFaults(server, { delivery: { mode: "manual" } }, async ({ another, proxy, problems }) => {
    const first = another({ queue: sqliteQueue({ path }) });
    const run = first.startRun({ name: "before" });
    run.logMetric("loss", 1);
    expectAllDelivered(await first.flush());
    run.logMetric("loss", 2);
    await run.logText("late", "late.txt");
    await first.close();
    proxy.redirect((await swap()).trackingUri);
    const known = proxy.exchanges.length;
    const second = another({ queue: sqliteQueue({ path }) });
    const other = second.startRun({ name: "other" });
    const report = await second.flush();
    expect(report).toMatchObject({ delivered: { points: 0 }, quarantined: nothing, dropped: nothing });
    expect(report.parked.points + report.pending.points).toBe(1);
    expect(problems.filter(({ kind }) => kind === "run-parked")).toMatchObject([
      { run: run.localId, message: expect.stringContaining("the server has no run") },
    ]);
    // Nothing was written for the run that is lost: it was looked at before.
    const later = proxy.exchanges.slice(known);
    expect(later.some(({ path: to }) => to.includes("late.txt"))).toBe(false);
    expect(later.some(({ path: to }) => to.includes("runs/get"))).toBe(true);
    expect(await other.runId()).toMatch(/^[0-9a-f]{32}$/);
  });
}
