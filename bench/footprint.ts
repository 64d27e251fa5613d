import { createTracker, memoryQueue } from "tracklet";
import { createServer } from "tracklet/server";
import { encodeMetrics } from "../src/queue/chunk/chunk-codec.ts";

const epoch = 1_700_000_000_000;

/** Bytes of memory that a point takes while it waits, as growth of the process over a million of them. */
async function waiting(): Promise<void> {
  const server = createServer({ database: ":memory:" });
  const delivery = { mode: "manual", maxMemoryBytes: 2 ** 30 } as const;
  const tracker = createTracker({
    trackingUri: "http://tracklet.localhost",
    fetch: server.fetch,
    queue: memoryQueue(),
    delivery,
  });
  const run = tracker.startRun();
  for (let step = 0; step < 20_000; step++) run.logMetric("loss", step * 0.5);
  await tracker.flush();
  const collect = (globalThis as { gc?: () => void }).gc;
  const used = (): number => {
    collect?.();
    collect?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let garbage = 0;
  let slices = 0;
  for (let slice = 0; slice < 100; slice++) {
    const began = process.memoryUsage().heapUsed;
    for (let step = 0; step < 10_000; step++) run.logMetric("loss", step * 0.5);
    const grown = process.memoryUsage().heapUsed - began;
    // Where the collector ran in between, the growth says nothing.
    if (grown > 0) {
      garbage += grown;
      slices++;
    }
  }
  console.log(`  a waiting point takes ${((used() - before) / 1e6).toFixed(1)} bytes of memory`);
  console.log(
    `  a call leaves ${(garbage / slices / 10_000).toFixed(1)} bytes on the heap (boxed numbers, no objects)`,
  );
  await tracker.flush();
  await run.end();
  await tracker.close();
  server.close();
}

/** Bytes that a point takes in a full chunk of a storage. */
function atRest(): void {
  const columns = (keys: readonly string[], value: (row: number) => number, stamp: (row: number) => number) => ({
    count: 1_000,
    keys,
    key: Uint8Array.from({ length: 1_000 }, (_, row) => row % keys.length),
    value: Float64Array.from({ length: 1_000 }, (_, row) => value(row)),
    timestamp: Float64Array.from({ length: 1_000 }, (_, row) => stamp(row)),
    step: Float64Array.from({ length: 1_000 }, (_, row) => Math.floor(row / keys.length)),
  });
  const shapes = {
    "one key, several points a millisecond": columns(["loss"], Math.sqrt, (row) => epoch + (row >> 3)),
    "one key, a point each 20 ms": columns(["loss"], Math.sqrt, (row) => epoch + row * 20 + (row % 3)),
    "ten keys, a step each second": columns(
      Array.from({ length: 10 }, (_, key) => `metric-${key}`),
      Math.sqrt,
      (row) => epoch + Math.floor(row / 10) * 1_000,
    ),
  };
  for (const [name, chunk] of Object.entries(shapes)) {
    console.log(`  at rest: ${(encodeMetrics(chunk).length / 1_000).toFixed(1)} bytes a point (${name})`);
  }
}

/** Points that a server gets twice when answers are lost after it has stored what they acknowledge. */
async function sentTwice(): Promise<void> {
  const server = createServer({ database: ":memory:" });
  let points = 0;
  let lost = 0;
  let requests = 0;
  const fetch = async (request: Request): Promise<Response> => {
    if (!request.url.endsWith("/log-batch")) return server.fetch(request);
    const { metrics = [] } = (await request.clone().json()) as { metrics?: unknown[] };
    const answer = await server.fetch(request);
    if (metrics.length === 0) return answer;
    points += metrics.length;
    if (++requests % 5 !== 0) return answer;
    lost++;
    throw new TypeError("the answer was lost");
  };
  const tracker = createTracker({
    trackingUri: "http://tracklet.localhost",
    fetch,
    queue: memoryQueue(),
    delivery: { mode: "manual", maxMemoryBytes: 2 ** 30 },
    onProblem: () => {},
  });
  const run = tracker.startRun();
  const logged = 20_000;
  for (let step = 0; step < logged; step++) run.logMetric("loss", step * 0.5);
  for (let left = 1; left > 0; ) left = (await tracker.flush({ timeout: 60_000 })).pending.points;
  const twice = points - logged;
  console.log(
    `  ${lost} answers lost: ${twice} points sent twice, ${(twice / lost).toFixed(0)} for each (a chunk has 1,000)`,
  );
  await run.end();
  await tracker.close();
  server.close();
}

/** Memory of waiting points, bytes at rest, points sent twice. */
export async function benchFootprint(): Promise<void> {
  console.log("\nfootprint");
  await waiting();
  atRest();
  await sentTwice();
}
