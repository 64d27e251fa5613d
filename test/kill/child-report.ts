import type { Logged } from "./check.ts";
import type { ChildEnd } from "./child.ts";
import type { DrainReport, LoggerJob } from "./logger-job.ts";
import { plan } from "./plan.ts";

/** What a logger logged, by its plan, and what of that it was promised, by what it said. */
export function loggedOf({ seed, name, runs, drain }: LoggerJob, lines: readonly string[]): Logged {
  const numbers = (start: string): number[] =>
    lines.filter((line) => line.startsWith(start)).map((line) => Number(line.slice(start.length)));
  const durable = Math.max(-1, ...numbers("durable "));
  const kept = new Set(numbers("kept "));
  const ops = plan(seed, name, runs);
  const started = ops.flatMap((op) => (op.kind === "start" ? [op.run] : []));
  const ends = drain === undefined ? [] : started.map((run) => ({ kind: "end", run }) as const);
  return { ops: [...ops, ...ends], promised: (number) => number <= durable || kept.has(number) };
}

/** No fault of the queue: a server that is away, or refuses for now, and that it ended the run of one that was killed. */
const expected = /^problem (?:server-unreachable|run-recovered) /;

/** What a logger said that must not be. */
export function complaintsOf(name: string, { lines, stderr }: ChildEnd): string[] {
  const told = lines.filter((line) => line.startsWith("problem ") && !expected.test(line));
  return [...told, ...(stderr === "" ? [] : [stderr])].map((text) => `${name} says: ${text}`);
}

/** What a drain left, or what does not agree with the receipts of its own runs. */
export function checkDrain(lines: readonly string[]): string[] {
  const said = lines.find((line) => line.startsWith("report "));
  if (said === undefined) return ["the last process did not drain"];
  const { report, receipts } = JSON.parse(said.slice("report ".length)) as DrainReport;
  const problems: string[] = [];
  const { pending, parked, others } = report;
  if ([pending, parked, others].some(({ points, requests }) => points + requests > 0)) {
    problems.push(`not drained: ${JSON.stringify({ pending, parked, others })}`);
  }
  for (const { run, verified, lines } of receipts) {
    const wrong = lines.filter((line) => line.logged !== line.acknowledged || line.distinct !== line.readBack);
    if (verified !== true || wrong.length > 0) problems.push(`receipt of ${run}: ${JSON.stringify(wrong)}`);
  }
  return problems;
}
