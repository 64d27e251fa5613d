import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readQueueFile } from "../../../src/cli/queue-file.ts";
import { openNodeSqlite } from "../../../src/sql/node-sqlite.ts";
import { Child } from "../child.ts";
import { ownPort } from "../../support/own-port.ts";
import { startServer } from "../server-process.ts";
import { type BacklogJob, type DrainFigures, EXPERIMENT, type Shape } from "./shape.ts";

const WRITE = new URL("./write.ts", import.meta.url);
const DRAIN = new URL("./drain.ts", import.meta.url);

/** What became of a backlog. */
export interface BacklogReport extends DrainFigures {
  readonly shape: string;
  readonly points: number;
  /** Bytes of the queue's file for each point. */
  readonly bytesPerPoint: number;
  readonly problems: readonly string[];
}

/** How a backlog is made and drained. */
export interface BacklogOptions {
  /** Executable and flags of the runtime. */
  readonly command: readonly string[];
  readonly shape: Shape;
  /** @default those of the shape */
  readonly points?: number;
  /** Further flags for the process that drains. */
  readonly drainFlags?: readonly string[];
}

/** Logs a backlog while the server is down, kills the process, starts the server, drains, and counts the server's rows. */
export async function runBacklog(options: BacklogOptions): Promise<BacklogReport> {
  const { command, shape, points = shape.points, drainFlags = [] } = options;
  const directory = await realpath(await mkdtemp(join(tmpdir(), "tracklet-backlog-")));
  const path = join(directory, "queue.db");
  const start = (program: URL, job: BacklogJob, flags: readonly string[] = []): Child =>
    new Child([...command, ...flags], program, [JSON.stringify(job)]);
  try {
    const { perRun = points, flushEvery } = shape;
    const runs = Math.ceil(points / perRun);
    // The address is that of the server from the start: a queue sends to none but its own.
    const port = await ownPort();
    const job = { points, runs, flushEvery, path, trackingUri: `http://127.0.0.1:${port}` };
    const writer = start(WRITE, job);
    await writer.line("durable");
    const written = await writer.killed();
    const problems = [written.stderr, ...written.lines.filter((line) => line.startsWith("problem "))];
    if (written.signal !== "SIGKILL") problems.push("the writer ended by itself");
    const { waiting, bytes } = readQueueFile(path).counts;
    if (waiting.points !== points) problems.push(`${waiting.points} of ${points} points were durable`);

    const server = await startServer(command, directory, port);
    const { lines, stderr } = await start(DRAIN, job, drainFlags).end;
    await server.stop();
    // That the runs of the one that was killed are ended is told, and as it should be.
    problems.push(stderr, ...lines.filter((line) => /^problem (?!run-recovered )/.test(line)));
    const said = lines.find((line) => line.startsWith("figures "))?.slice("figures ".length);
    const figures = JSON.parse(said ?? "null") as DrainFigures | null;
    if (!figures) throw new Error(`The backlog was not drained:\n${problems.join("\n")}`);
    problems.push(...checkRows(server.database, runs, points));
    if (figures.pending > 0) problems.push(`${figures.pending} are left`);
    return {
      ...figures,
      shape: shape.name,
      points,
      bytesPerPoint: bytes / points,
      problems: problems.filter((text) => text !== ""),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Says whether all points of a backlog are there once. */
function checkRows(database: string, runs: number, points: number): string[] {
  const sql = openNodeSqlite(database, { readOnly: true });
  try {
    const own =
      "run_uuid IN (SELECT run_uuid FROM runs JOIN experiments USING (experiment_id) WHERE experiments.name = ?)";
    const count = (what: string, table: string): number =>
      Number(sql.prepare(`SELECT ${what} AS count FROM ${table} AND ${own}`).get(EXPERIMENT)?.["count"]);
    const found = count("COUNT(*)", "runs WHERE true");
    const rows = count("COUNT(*)", "metrics WHERE true");
    const different = count("COUNT(DISTINCT step)", "metrics WHERE true");
    const wrong = count(
      "COUNT(*)",
      "metrics WHERE (value != 1.0 / (step + 1) OR timestamp != 1700000000000 + step * 10)",
    );
    const problems: string[] = [];
    if (found !== runs) problems.push(`${found} runs are there, not ${runs}`);
    if (rows !== points || different !== points) {
      problems.push(`${rows} rows of ${different} points are there, not ${points}`);
    }
    if (wrong !== 0) problems.push(`${wrong} points are of another value or time`);
    return problems;
  } finally {
    sql.close();
  }
}
