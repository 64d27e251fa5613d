import type { Problem } from "../../src/queue/types.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import type { TrackerOptions } from "../../src/tracker/types/tracker-options.ts";
import { platformRandom } from "../../src/runtime/platform-random.ts";
import type { Random } from "../../src/runtime/ports/random.ts";
import { type HastyClock, hastyClock } from "../support/hasty-clock.ts";
import { TcpProxy } from "../support/proxy/tcp-proxy.ts";
import { ServerReader } from "./server-reader.ts";

/** A server that listens on a socket: the embedded one, or a real MLflow. */
export interface FaultServer {
  readonly trackingUri: string;
  /** Asks its database; undefined where that is no file of this machine. */
  readonly sql?: (text: string, ...values: string[]) => readonly Record<string, unknown>[];
  /** Milliseconds in which it answers any one request, as a rule. */
  readonly patience: number;
  /**
   * It answers 400 to a batch that it has, unless every hundred rows of it hold all of its keys: MLflow before 2026
   * (mlflow#20807). What it has stays, and what it says of that has to be looked into.
   */
  readonly refusesRepeats?: boolean;
  close?(): void | Promise<void>;
}

/** Starts or finds the server; each suite calls it once. */
export type CreateFaultServer = () => Promise<FaultServer>;

/** How much faster than real the clock of trackers goes here: pauses of seconds take milliseconds. */
const HASTE = 50;

/** Pauses before another try are drawn from the low end of their range. */
const random: Random = { ...platformRandom, fraction: () => platformRandom.fraction() / 100 };

/** Milliseconds of that clock in which the machine has `ms` for a request. */
export function real(ms: number): number {
  return ms * HASTE;
}

/** Whole trackers before a TCP proxy before a server, in an experiment of their own. */
export interface FaultBench {
  readonly server: FaultServer;
  readonly proxy: TcpProxy;
  readonly reader: ServerReader;
  readonly experiment: string;
  readonly problems: Problem[];
  readonly tracker: Tracker;
  /** That of all trackers here. */
  readonly clock: HastyClock;
  /** Another tracker on the same server and experiment, as another process would have it. */
  another(options?: TrackerOptions): Tracker;
  /** Rows of the server's table of metrics for a run, by key; by REST where its database cannot be asked. */
  rows(runId: string): Promise<Record<string, number>>;
}

/** Makes a bench, hands it to `body` and closes what it opened. */
export async function withFaults(
  server: FaultServer,
  options: TrackerOptions,
  body: (bench: FaultBench) => Promise<void>,
): Promise<void> {
  const proxy = await TcpProxy.start(server.trackingUri);
  const reader = new ServerReader(server.trackingUri);
  const name = crypto.getRandomValues(new Uint32Array(2));
  const experiment = `faults ${Array.from(name, (part) => part.toString(36)).join("")}`;
  const problems: Problem[] = [];
  const opened: Tracker[] = [];
  const clock = hastyClock(HASTE);
  const another = (more: TrackerOptions = {}): Tracker => {
    const tracker = createTracker({
      trackingUri: proxy.trackingUri,
      experiment,
      onProblem: (problem) => problems.push(problem),
      runtime: { clock, random },
      ...options,
      ...more,
      delivery: {
        requestTimeout: real(60_000),
        exitTimeout: real(1_000),
        ...options.delivery,
        ...more.delivery,
      },
    });
    opened.push(tracker);
    return tracker;
  };
  const rows = async (runId: string): Promise<Record<string, number>> => {
    const { sql } = server;
    const counts: Record<string, number> = {};
    if (sql) {
      const text = "SELECT key, COUNT(*) AS rows FROM metrics WHERE run_uuid = ? GROUP BY key ORDER BY key";
      for (const row of sql(text, runId)) counts[String(row["key"])] = Number(row["rows"]);
    } else {
      const { keys } = await reader.run(runId);
      for (const key of [...keys].sort()) counts[key] = (await reader.points(runId, key)).length;
    }
    return counts;
  };
  try {
    await body({ server, proxy, reader, experiment, problems, tracker: another(), clock, another, rows });
  } finally {
    proxy.script = () => undefined;
    await Promise.all(opened.map((tracker) => tracker.close()));
    await proxy.close();
  }
}
