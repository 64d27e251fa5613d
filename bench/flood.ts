import { createTracker } from "tracklet";
import { createServer } from "tracklet/server";
import { openNodeSqlite } from "../src/sql/node-sqlite.ts";

/** Points that are logged, and how many of them the server takes in a second: that of MLflow on this kind of machine. */
const POINTS = 10_000_000;
const SERVER_RATE = 6_000;
const BLOCK = 10_000;
const BOUND = 8 * 2 ** 20;
const MB = 2 ** 20;

/**
 * Logs ten million points to a server that takes six thousand a second, as fast as a loop that lets others have their
 * turn can: memory stays bounded, a log call costs what it cost at the start, and each point is delivered or counted.
 */
export async function benchFlood(): Promise<void> {
  for (const whenFull of ["decimate", "drop-oldest-metrics"] as const) {
    const database = openNodeSqlite(":memory:");
    const server = createServer({ database });
    let over = false;
    const fetch = async (request: Request): Promise<Response> => {
      const slow = !over && request.url.endsWith("runs/log-batch");
      if (slow) await new Promise((resolve) => setTimeout(resolve, (1_000 / SERVER_RATE) * 1_000));
      return server.fetch(request);
    };
    const tracker = createTracker({
      trackingUri: "http://localhost:5000",
      fetch,
      onProblem: () => {},
      delivery: { whenFull, maxMemoryBytes: BOUND },
    });
    const run = tracker.startRun();
    const runId = await run.runId();
    const costs: number[] = [];
    let [most, heap] = [0, 0];
    const idle = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const began = performance.now();
    for (let logged = 0; logged < POINTS; logged += BLOCK) {
      const before = performance.now();
      for (let step = logged; step < logged + BLOCK; step++) run.logMetric("loss", Math.sqrt(step), { step });
      costs.push(performance.now() - before);
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, tracker.queue.status().waiting.points);
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      heap = Math.max(heap, heapUsed + arrayBuffers - idle);
    }
    const seconds = (performance.now() - began) / 1_000;
    over = true;
    const report = await tracker.close({ timeout: 600_000 });
    const text = "SELECT COUNT(*) AS rows, MAX(step) AS last FROM metrics WHERE run_uuid = ?";
    const { rows, last } = database.prepare(text).get(runId) as { rows: number; last: number };
    const [early, late] = [costs.slice(10, 110), costs.slice(-100)].map(
      (some) => (some.sort((a, b) => a - b)[some.length >> 1]! * 1e6) / BLOCK,
    );
    const exact = rows === report.delivered.points && rows + report.dropped.points === POINTS;
    console.log(
      `\nflood, ${whenFull}: ${POINTS / 1e6} M points in ${seconds.toFixed(1)} s to a server of ${SERVER_RATE}/s`,
    );
    console.log(`  log call   ${early!.toFixed(0)} ns after 100,000 points, ${late!.toFixed(0)} ns at the end`);
    console.log(
      `  waiting    at most ${most} points; memory grew by ${(heap / MB).toFixed(0)} MB, bound ${BOUND / MB} MB`,
    );
    console.log(
      `  delivered  ${rows}, last step ${last}; dropped ${report.dropped.points}: ${exact ? "each counted" : "WRONG"}`,
    );
    if (!exact) process.exitCode = 1;
    server.close();
    database.close();
  }
}
