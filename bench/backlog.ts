import { type BacklogReport, runBacklog } from "../test/kill/backlog/run-backlog.ts";
import { type Growth, type Shape, shapes } from "../test/kill/backlog/shape.ts";
import { commandOf } from "../test/kill/runtimes.ts";

/** Parts of the full backlog that are drained, the smallest first. */
const PARTS = [0.01, 0.1, 1];
/** The same for the longest backlog of one run: 10,000 to 10,000,000 points. */
const LONG_PARTS = [0.01, 0.1, 1, 10];

/**
 * Drains backlogs that a killed process left in a SQLite file into the embedded server: time to the first request, time
 * for all, memory. One growth is that of a process with V8's defaults, which lets garbage lie; the other that of one with
 * a heap of 40 MB, which is what the work needs.
 */
export async function benchBacklog(): Promise<void> {
  for (const shape of shapes) await drainParts(shape, PARTS);
}

/** The same of one run only, and up to ten million points. */
export function benchLongBacklog(): Promise<void> {
  return drainParts(shapes[0]!, LONG_PARTS);
}

async function drainParts(shape: Shape, parts: readonly number[]): Promise<void> {
  console.log(`\nbacklog of ${shape.name}, drained into the embedded server`);
  const reports: BacklogReport[] = [];
  for (const part of parts) reports.push(await drainPart(shape, Math.round(shape.points * part)));
  const power = (of: "drain" | "cpu"): string => slope(reports.map((report) => [report.points, report[of]])).toFixed(2);
  console.log(`  grows with the points to the power of: time ${power("drain")}, processor ${power("cpu")}`);
}

async function drainPart(shape: Shape, points: number): Promise<BacklogReport> {
  const command = commandOf("node");
  const free = await runBacklog({ command, shape, points });
  const small = await runBacklog({
    command,
    shape,
    points,
    drainFlags: ["--max-old-space-size=40", "--max-semi-space-size=1"],
  });
  for (const problem of [...free.problems, ...small.problems]) console.log(`  FAILED ${problem}`);
  const cells = [
    `${points.toLocaleString("en-US").padStart(9)} points`,
    `${free.bytesPerPoint.toFixed(1)} bytes each`,
    `first request after ${free.firstRequest.toFixed(0)} ms`,
    `${free.requests} requests in ${(free.drain / 1_000).toFixed(2)} s`,
    `${Math.round((points * 1_000) / free.drain).toLocaleString("en-US")} points/s`,
    `processor ${(free.cpu / 1_000).toFixed(2)} s`,
    `memory +${grown(free.rss)} MB`,
    `with a small heap +${grown(small.rss)} MB`,
  ];
  console.log(`  ${cells.join("  ")}`);
  return free;
}

function grown({ before, most }: Growth): string {
  return ((most - before) / 2 ** 20).toFixed(0);
}

/** Slope of the line through the logarithms: 1 when twice the points take twice the time. */
function slope(figures: readonly (readonly [points: number, ms: number])[]): number {
  const logs = figures.map(([points, ms]) => [Math.log(points), Math.log(ms)] as const);
  const mean = (n: 0 | 1): number => logs.reduce((sum, pair) => sum + pair[n], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const sum = (term: (dx: number, dy: number) => number): number =>
    logs.reduce((all, [a, b]) => all + term(a - x, b - y), 0);
  return sum((dx, dy) => dx * dy) / sum((dx) => dx * dx);
}
