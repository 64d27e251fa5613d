import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { checkServer, type Logged } from "./check.ts";
import { Child } from "./child.ts";
import { checkDrain, complaintsOf, loggedOf } from "./child-report.ts";
import type { LoggerJob } from "./logger-job.ts";
import { commandOf } from "./runtimes.ts";
import { readServer } from "./server-rows.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const directory = temporaryDirectories();
const opened: (() => Promise<unknown>)[] = [];
// Also what a failed test has left.
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
const command = commandOf("node");
const logger = new URL("./programs/logger.ts", import.meta.url);

function start(job: LoggerJob): Child {
  const child = new Child(command, logger, [JSON.stringify(job)]);
  opened.push(() => child.killed());
  return child;
}

async function server(): Promise<ServerProcess> {
  const started = await startServer(command, await directory());
  opened.push(() => started.stop());
  return started;
}

test("F46 nothing crosses between two servers and two users of one directory, whose processes log at once and are killed", {
  timeout: 120_000,
}, async () => {
  const [home, other] = [await server(), await server()];
  const folder = await directory();
  const shared = { seed: 46, path: join(folder, "unused.db"), directory: folder, runs: 1, pace: 5 };
  const of = (name: string, place: string, { url }: ServerProcess, rest: Partial<LoggerJob> = {}): LoggerJob => ({
    ...{ ...shared, ...rest },
    name,
    experiment: place,
    trackingUri: url,
  });
  // What ann logs waits, while others on the same server deliver.
  const ann = { partition: "ann", silent: true };
  const jobs = [of("a1", "home", home), of("a2", "home", home), of("b", "other", other), of("c", "ann", home, ann)];
  const children = jobs.map(start);
  await Promise.all(children.map((child) => child.line("end")));
  const ends = await Promise.all(children.map((child) => child.killed()));
  expect(ends.flatMap((end, n) => complaintsOf(jobs[n]!.name, end))).toEqual([]);
  const logged = new Map<string, Logged[]>([
    ["home", []],
    ["other", []],
    ["ann", []],
  ]);
  for (const [n, job] of jobs.entries()) logged.get(job.experiment)!.push(loggedOf(job, ends[n]!.lines));

  const drain = async (place: string, at: ServerProcess, rest: Partial<LoggerJob> = {}): Promise<string[]> => {
    const job = of(`${place}-drain`, place, at, { ...rest, drain: 60_000 });
    const child = start(job);
    await child.line("end");
    const end = await child.killed();
    logged.get(place)!.push(loggedOf(job, end.lines));
    const found = readServer(at, place);
    return [...complaintsOf(job.name, end), ...checkDrain(end.lines), ...checkServer(logged.get(place)!, found)];
  };
  expect(await drain("home", home)).toEqual([]);
  expect(await drain("other", other)).toEqual([]);
  const experiments = ({ database }: ServerProcess): string[] =>
    withSqliteFile(database, (sql) =>
      sql
        .prepare("SELECT DISTINCT experiments.name AS name FROM experiments JOIN runs USING (experiment_id) ORDER BY 1")
        .all()
        .map(({ name }) => String(name)),
    );
  expect([experiments(home), experiments(other)]).toEqual([["home"], ["other"]]);
  expect(await drain("ann", home, { partition: "ann" })).toEqual([]);
  expect([experiments(home), experiments(other)]).toEqual([["ann", "home"], ["other"]]);
});
