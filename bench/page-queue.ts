import { openStage, type Stage } from "../test/page/support/stage.ts";
import type { Page } from "../test/page/support/page.ts";
import { shapes } from "../test/kill/backlog/shape.ts";
import { backlogChromium } from "../test/page/backlog-chromium.ts";

/** Chunks that belong to the start, in which code is loaded and compiled; and those that count. */
const FIRST = 20;
const CHUNKS = 300;
const POINTS_PER_CHUNK = 1_000;
const BYTES_PER_CHUNK = 17_000;
const ROUNDS = 5;
/** Parts of the full backlog that are drained. */
const PART = 0.1;

/**
 * The queue in real Chromium: what the main thread of a page pays for 1,000 points that are logged and put into
 * IndexedDB, against a bare put of as many bytes; and what it takes to deliver what a killed page left.
 */
export async function benchPageQueue(): Promise<void> {
  const stage = await openStage();
  try {
    console.log("\na page logs and puts 1,000 points (Chromium, IndexedDB): processor time of its main thread");
    const [bare, queue] = [[] as Cost[], [] as Cost[]];
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await measure(stage, putBare));
      queue.push(await measure(stage, putQueue));
    }
    print("bare put of 17,000 bytes", bare, bare);
    print("logMetric() x 1,000 and the put", queue, bare);
  } finally {
    await stage.close();
  }
  for (const shape of shapes) {
    const report = await backlogChromium(shape, Math.round(shape.points * PART));
    const mega = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
    console.log(
      `backlog of ${shape.name} in a page: ${report.points} points, first request after ${report.firstRequest} ms, ` +
        `${report.requests} requests in ${(report.drain / 1_000).toFixed(2)} s, heap +${mega(report.heapGrowth)}, ` +
        `process +${mega(report.residentGrowth)}${report.wrong.map((text) => `, FAILED ${text}`).join("")}`,
    );
  }
}

interface Cost {
  /** Milliseconds of the main thread for one chunk. */
  readonly each: number;
  /** Milliseconds of the longest task. */
  readonly longest: number;
  /** The same of the longest one of the start. */
  readonly start: number;
}

/** Puts the chunks `from` to `to`; the first ones open the queue as well. */
type Work = (page: Page, trackingUri: string, from: number, to: number) => Promise<unknown>;

async function measure(stage: Stage, work: Work): Promise<Cost> {
  const server = await stage.server();
  await server.down();
  const page = await stage.browser.open(stage.site.url);
  const starting = await watchTasks(page);
  await work(page, server.url, 0, FIRST);
  const start = await starting();
  const longest = await watchTasks(page);
  const before = await taskTime(page);
  await work(page, server.url, FIRST, FIRST + CHUNKS);
  const cost = { each: ((await taskTime(page)) - before) / CHUNKS, longest: await longest(), start };
  await stage.clear();
  return cost;
}

/** Chunk by chunk, as a training loop gives the browser its turn between them. */
const putQueue: Work = (page, url, first, last) =>
  page.call(
    async (trackingUri, from, to, points) => {
      if (from === 0) await lab.open({ trackingUri });
      for (let chunk = from; chunk < to; chunk++) {
        lab.log("a", chunk * points, (chunk + 1) * points - 1);
        await lab.tracker.flush({ until: "durable" });
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
    url,
    first,
    last,
    POINTS_PER_CHUNK,
  );

const putBare: Work = (page, _, first, last) =>
  page.call(
    async (from, to, bytes) => {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open("bare", 1);
        opening.onupgradeneeded = () => void opening.result.createObjectStore("chunks");
        opening.onsuccess = () => resolve(opening.result);
      });
      for (let chunk = from; chunk < to; chunk++) {
        const body = new Uint8Array(bytes).fill(chunk);
        await new Promise<void>((resolve) => {
          const transaction = database.transaction("chunks", "readwrite", { durability: "relaxed" });
          transaction.objectStore("chunks").put({ body }, chunk);
          transaction.oncomplete = () => resolve();
        });
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
    first,
    last,
    BYTES_PER_CHUNK,
  );

/** Milliseconds of processor time of the main thread of a page: what others on the machine do does not count. */
async function taskTime(page: Page): Promise<number> {
  await page.send("Performance.enable", { timeDomain: "threadTicks" });
  const { metrics } = await page.send<{ metrics: { name: string; value: number }[] }>("Performance.getMetrics");
  return 1_000 * metrics.find(({ name }) => name === "TaskDuration")!.value;
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of processor time. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Traces a page; the function that it gives ends that, and says how much processor time the longest task took, in ms. */
async function watchTasks(page: Page): Promise<() => Promise<number>> {
  const pid = await page.processId();
  const events: TraceEvent[] = [];
  page.on("Tracing.dataCollected", ({ value }) => events.push(...(value as TraceEvent[])));
  const traceConfig = { includedCategories: ["toplevel", "__metadata", "disabled-by-default-devtools.timeline"] };
  await page.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  return async () => {
    const complete = page.once("Tracing.tracingComplete");
    await page.send("Tracing.end");
    await complete;
    const main = events.find(({ args, pid: of }) => of === pid && args?.name === "CrRendererMain")?.tid;
    const tasks = events.filter((event) => event.pid === pid && event.tid === main && /RunTask$/.test(event.name));
    return tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1_000), 0);
  };
}

function print(name: string, costs: readonly Cost[], floor: readonly Cost[]): void {
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
  const each = median(costs.map((cost) => cost.each));
  const ratio = median(costs.map((cost, round) => cost.each / floor[round]!.each));
  const [longest, start] = (["longest", "start"] as const).map((of) => median(costs.map((cost) => cost[of])));
  console.log(
    `  ${name.padEnd(34)} ${each.toFixed(2)} ms a chunk  x ${ratio.toFixed(2)}  longest task ${longest!.toFixed(1)} ms, at the start ${start!.toFixed(1)} ms`,
  );
}
