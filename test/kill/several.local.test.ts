import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { checkQueueFile, checkServer, type Logged } from "./check.ts";
import { Child } from "./child.ts";
import { checkDrain, complaintsOf, loggedOf } from "./child-report.ts";
import { Gate } from "./gate.ts";
import type { LoggerJob } from "./logger-job.ts";
import { commandOf, type KilledRuntime } from "./runtimes.ts";
import { readServer } from "./server-rows.ts";
import { startServer } from "./server-process.ts";

const directory = temporaryDirectories();
const opened: (() => Promise<unknown>)[] = [];
// Also what a failed test has left.
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
const command = commandOf(detectRuntime() as KilledRuntime);
const programs = {
  logger: new URL("./programs/logger.ts", import.meta.url),
  threads: new URL("./programs/threads.ts", import.meta.url),
  cluster: new URL("./programs/cluster.ts", import.meta.url),
};
const start = (name: keyof typeof programs, job: unknown): Child => {
  const child = new Child(command, programs[name], [JSON.stringify(job)]);
  opened.push(() => child.killed());
  return child;
};

/** A server, and jobs that share one queue file in front of it. */
async function place(names: readonly string[]) {
  const folder = await directory();
  const server = await startServer(command, folder);
  opened.push(() => server.stop());
  const gate = await Gate.open(server.url);
  opened.push(() => gate.close());
  const path = join(folder, "queue.db");
  const shared = { seed: 43, experiment: "several", path, trackingUri: gate.url, runs: 2, pace: 5 };
  const jobs = names.map((name): LoggerJob => ({ ...shared, name }));
  return {
    gate,
    jobs,
    /** Has one more process drain what is left, and says what is wrong then. */
    async problems(children: readonly Logged[]): Promise<string[]> {
      const job: LoggerJob = { ...shared, name: "drain", runs: 1, drain: 60_000 };
      const child = start("logger", job);
      await child.line("end");
      const end = await child.killed();
      const found = readServer(server, "several");
      return [
        ...complaintsOf("drain", end),
        ...checkDrain(end.lines),
        ...checkServer([...children, loggedOf(job, end.lines)], found),
        ...checkQueueFile(path, found),
      ];
    },
  };
}

describe("A queue file that several share", () => {
  test("F43 F18 has delivered once what three processes logged at once, of which one was killed", {
    timeout: 90_000,
  }, async () => {
    const { gate, jobs, problems } = await place(["a", "b", "c"]);
    gate.arm(undefined, () => 2);
    const children = jobs.map((job) => start("logger", job));
    await children[1]!.line("durable");
    const ends = [await children[1]!.killed()];
    for (const child of [children[0]!, children[2]!]) {
      await child.line("end");
      ends.push(await child.killed());
    }
    const logged = [jobs[1]!, jobs[0]!, jobs[2]!].map((job, n) => loggedOf(job, ends[n]!.lines));
    expect(ends.flatMap((end) => complaintsOf("child", end))).toEqual([]);
    expect(await problems(logged)).toEqual([]);
  });

  test("F43 has delivered once what three worker threads of a killed process logged", { timeout: 90_000 }, async () => {
    const { gate, jobs, problems } = await place(["a", "b", "c"]);
    gate.arm(undefined, () => 2);
    const process = start(
      "threads",
      jobs.map((job) => ({ ...job, prefix: `${job.name}: ` })),
    );
    await process.line("b: durable");
    const end = await process.killed();
    const said = (name: string): string[] =>
      end.lines.flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(3)] : []));
    expect(complaintsOf("threads", { ...end, lines: jobs.flatMap(({ name }) => said(name)) })).toEqual([]);
    expect(await problems(jobs.map((job) => loggedOf(job, said(job.name))))).toEqual([]);
  });

  test.runIf(detectRuntime() === "node")(
    "F43 has delivered once what the workers of a cluster logged, of which one was killed (Node only has clusters)",
    { timeout: 90_000 },
    async () => {
      const { gate, jobs, problems } = await place(["a", "b", "c"]);
      gate.arm(undefined, () => 2);
      const primary = start(
        "cluster",
        jobs.map((job) => ({ ...job, prefix: `${job.name}: ` })),
      );
      await primary.line("b: durable");
      await primary.kill("b: up ");
      await Promise.all([primary.line("a: end"), primary.line("c: end")]);
      for (const name of ["a", "c"]) await primary.kill(`${name}: up `);
      const end = await primary.end;
      const said = (name: string): string[] =>
        end.lines.flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(3)] : []));
      expect(complaintsOf("cluster", { ...end, lines: jobs.flatMap(({ name }) => said(name)) })).toEqual([]);
      expect(await problems(jobs.map((job) => loggedOf(job, said(job.name))))).toEqual([]);
    },
  );
});
