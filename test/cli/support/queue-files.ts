import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { serve } from "../../../src/cli/http/serve.ts";
import { type Client, createClient } from "../../../src/client/index.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { type Program, type ProgramEnd, startProgram } from "../../support/start-program.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { testServer } from "../../support/test-server.ts";

/** A server that files are sent to. */
export interface ListeningServer {
  readonly url: string;
  readonly client: Client;
}

/** What tests of queue files need. */
export interface QueueFiles {
  readonly temporaryDirectory: () => Promise<string>;
  /** Called after the test, the last one first. */
  readonly opened: (() => void | Promise<void>)[];
  /** An embedded server at an address; `answer` may stand before it. */
  readonly server: (answer?: (request: Request, next: Fetch) => Promise<Response>) => Promise<ListeningServer>;
  /** A queue file with a run of some points, a param and its end; or with several, one after the other. */
  readonly leftBehind: (points?: number, trackingUri?: string, names?: readonly string[]) => Promise<string>;
}

/** Queue files, and servers to send them to. Call it once per test file. */
export function queueFiles(): QueueFiles {
  const temporaryDirectory = temporaryDirectories();
  const opened: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });
  const server: QueueFiles["server"] = async (answer = (request, next) => next(request)) => {
    const { fetch, close } = await testServer();
    const listening = await serve((request) => answer(request, fetch), {
      host: "127.0.0.1",
      port: 0,
      onError: () => {},
    });
    opened.push(close, () => listening.close());
    return { url: listening.url, client: createClient({ trackingUri: listening.url }) };
  };
  const leftBehind: QueueFiles["leftBehind"] = async (
    points = 10,
    trackingUri = "http://127.0.0.1:9",
    names = ["left"],
  ) => {
    const path = join(await temporaryDirectory(), "queue.db");
    const tracker = createTracker({
      trackingUri,
      experiment: "offline",
      queue: sqliteQueue({ path }),
      delivery: { mode: "manual" },
      runtime: { terminal: { interactive: false, columns: () => 80, writeError: () => {} } },
    });
    for (const name of names) {
      await tracker.withRun({ name, params: { lr: 0.1 } }, (run) => {
        for (let step = 0; step < points; step++) run.logMetric("loss", step, { step });
      });
    }
    await tracker.close();
    return path;
  };
  return { temporaryDirectory, opened, server, leftBehind };
}

export const start = (args: readonly string[], env: Record<string, string> = {}): Program =>
  startProgram(new URL("../../../src/cli/main.ts", import.meta.url), args, { env });
export const tracklet = (...args: string[]): Promise<ProgramEnd> => start(args).end;

/** How many points of "loss" each run has. */
export async function pointsOf({ client }: ListeningServer): Promise<number[]> {
  const experiment = await client.experiments.getByName("offline");
  if (!experiment) return [];
  const counts: number[] = [];
  const found = client.runs.search({ experimentIds: [experiment.experimentId], view: "all" });
  for await (const { info } of found) {
    let count = 0;
    for await (const _ of client.metrics.history({ runId: info.runId, key: "loss" })) count++;
    counts.push(count);
  }
  return counts;
}

/** Bytes of a file and of its log, whatever else lies beside it. */
export function fingerprint(path: string): string {
  const hash = createHash("sha256");
  for (const file of [path, `${path}-wal`]) hash.update(existsSync(file) ? readFileSync(file) : "none");
  return hash.digest("hex");
}
