import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Shape } from "../kill/backlog/shape.ts";
import type { Page } from "./support/page.ts";
import { openStage } from "./support/stage.ts";
import type { TrackingServer } from "./support/tracking-server.ts";

const DRAIN_TIMEOUT = 3_600_000;
const PAGE_BYTES = 4_096;

/** What became of a backlog in IndexedDB. */
export interface PageBacklogReport {
  readonly shape: string;
  readonly points: number;
  /** Milliseconds of logging and putting all of it. */
  readonly fill: number;
  /** Milliseconds from opening the tracker to the first request. */
  readonly firstRequest: number;
  /** Milliseconds from the first request to the last point. */
  readonly drain: number;
  /** Bytes by which the JavaScript heap grew while it drained, what nobody needs any more included. */
  readonly heapGrowth: number;
  /** Bytes by which the process of the page grew. */
  readonly residentGrowth: number;
  readonly requests: number;
  /** What was lost or doubled; empty when all is well. */
  readonly wrong: readonly string[];
}

/** Logs a backlog in a page while the server is down, kills the page, and lets the next one deliver it. */
export async function backlogChromium(shape: Shape, points: number = shape.points): Promise<PageBacklogReport> {
  const stage = await openStage();
  try {
    const server = await stage.server();
    await server.down();
    const runs = Math.ceil(points / (shape.perRun ?? points));
    const writer = await stage.browser.open(stage.site.url);
    await writer.call((trackingUri) => lab.open({ trackingUri }), server.url);
    const began = performance.now();
    await writer.call((job) => lab.fill(job), { points, runs, flushEvery: shape.flushEvery });
    const fill = performance.now() - began;
    await writer.signal("SIGKILL");
    await writer.close();

    await server.up();
    let first = 0;
    server.between = (request, answer) => {
      first ||= Date.now();
      return answer(request);
    };
    const reader = await stage.browser.open(stage.site.url);
    const id = await reader.processId();
    const before = { heap: await heapOf(reader), resident: await residentOf(id) };
    const most = { ...before };
    const opened = Date.now();
    await reader.call((trackingUri) => lab.open({ trackingUri }), server.url);
    const late: string[] = [];
    for (const end = performance.now() + DRAIN_TIMEOUT; ; await pause(50)) {
      most.heap = Math.max(most.heap, await heapOf(reader));
      most.resident = Math.max(most.resident, await residentOf(id));
      if (await reader.call(isDrained)) break;
      if (performance.now() > end) {
        late.push(`not drained within ${DRAIN_TIMEOUT / 60_000} minutes: that is slow, and need not be a loss`);
        break;
      }
    }
    const drain = Date.now() - first;
    return {
      shape: shape.name,
      points,
      fill,
      firstRequest: first - opened,
      drain,
      heapGrowth: most.heap - before.heap,
      residentGrowth: most.resident - before.resident,
      requests: server.requests,
      wrong: [...late, ...check(server, runs, points)],
    };
  } finally {
    await stage.close();
  }
}

function isDrained(): boolean {
  const { waiting, inFlight, delivered } = lab.tracker.queue.status();
  return delivered.points > 0 && waiting.points + waiting.requests + inFlight.points + inFlight.requests === 0;
}

async function heapOf(page: Page): Promise<number> {
  await page.send("Performance.enable");
  const { metrics } = await page.send<{ metrics: { name: string; value: number }[] }>("Performance.getMetrics");
  return metrics.find(({ name }) => name === "JSHeapUsedSize")!.value;
}

async function residentOf(id: number): Promise<number> {
  const [, pages = "0"] = (await readFile(`/proc/${id}/statm`, "utf8")).split(" ");
  return Number(pages) * PAGE_BYTES;
}

function check(server: TrackingServer, runs: number, points: number): string[] {
  const wrong: string[] = [];
  const expect = (what: string, sql: string, due: number): void => {
    const found = server.number(sql);
    if (found !== due) wrong.push(`${found} ${what}, not ${due}`);
  };
  expect("runs", "select count(*) from runs", runs);
  expect("points", "select count(*) from metrics", points);
  expect("different points", "select count(distinct step) from metrics", points);
  const odd = "value != 1.0 / (step + 1) or timestamp != 1700000000000 + step * 10";
  expect("points of another value or time", `select count(*) from metrics where ${odd}`, 0);
  return wrong;
}
