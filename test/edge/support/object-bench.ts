import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { createClient } from "../../../src/client/index.ts";
import type { RunData } from "../../../src/client/types/entities.ts";
import type { ObjectNamespace } from "../../../src/open/object-namespace.ts";
import type { OpenTrackerOptions } from "../../../src/open/open-workers-tracker.ts";
import { type QueueObjectStorage, TrackletQueue } from "../../../src/open/tracklet-queue.ts";
import type { Undelivered } from "../../../src/open/undelivered.ts";
import type { Problem } from "../../../src/queue/types.ts";
import { type ManualRuntime, manualRuntime } from "../../support/manual-runtime.ts";
import { testServer } from "../../support/test-server.ts";

/** A Worker, the object of its queue and an MLflow in one process, with time in the hands of the test. */
export interface ObjectBench {
  readonly runtime: ManualRuntime;
  /** The server does not answer. */
  down: boolean;
  /** Milliseconds that each answer of the server takes. */
  slow: number;
  /** The platform is late with alarms. */
  late: boolean;
  /** The object's answers are lost. */
  mute: boolean;
  /** Wall times at which the alarm went off. */
  readonly alarms: number[];
  readonly left: Undelivered[];
  readonly problems: Problem[];
  /** For a tracker of a request. */
  readonly options: OpenTrackerOptions;
  readonly namespace: ObjectNamespace;
  /** Past all that the test sets. */
  readonly client: ReturnType<typeof createClient>;
  runs(): Promise<readonly RunData[]>;
}

export async function objectBench(): Promise<ObjectBench> {
  const runtime = manualRuntime({ seed: 1 });
  const { clock } = runtime;
  const server = await testServer();
  const { trackingUri } = server;
  const fetch = async (request: Request): Promise<Response> => {
    if (bench.slow > 0) await new Promise<void>((resolve) => void clock.after(bench.slow, resolve));
    if (bench.down) throw new TypeError("no network");
    return server.fetch(request);
  };
  const onProblem = (problem: Problem): void => void bench.problems.push(problem);
  class Leftovers extends TrackletQueue {
    override options(): ReturnType<TrackletQueue["options"]> {
      return { fetch, runtime, onProblem };
    }
  }
  let alarm: number | null = null;
  let ringing: Promise<void> = Promise.resolve();
  const storage: QueueObjectStorage = {
    ...sqlOf(new DatabaseSync(":memory:")),
    getAlarm: async () => alarm,
    async setAlarm(at) {
      alarm = at;
      const due = (): void => {
        if (alarm !== at) return;
        if (bench.late) return void clock.after(100, due);
        ringing = ringing.then(() => {
          alarm = null;
          bench.alarms.push(clock.now());
          return object.alarm();
        });
      };
      clock.after(at - clock.now(), due);
    },
  };
  const object = new Leftovers({ storage }, {});
  const ask = async (request: Request): Promise<Response> => {
    const reply = await object.fetch(request);
    if (bench.mute) throw new Error("Network connection lost");
    return reply;
  };
  const client = createClient({ trackingUri, fetch: server.fetch });
  const bench: ObjectBench = {
    runtime,
    down: false,
    slow: 0,
    late: false,
    mute: false,
    alarms: [],
    left: [],
    problems: [],
    client,
    namespace: { idFromName: () => ({}), get: () => ({ fetch: ask }) },
    options: { trackingUri, fetch, runtime, onProblem, delivery: { exitTimeout: 50 } },
    runs: async () => (await client.runs.search({ experimentIds: ["0"], view: "all" })).items,
  };
  return bench;
}

/** What an object has of its database. */
function sqlOf(database: DatabaseSync): Pick<QueueObjectStorage, "sql" | "transactionSync"> {
  let depth = 0;
  return {
    sql: {
      exec(query, ...bindings) {
        const isScript = /;\s*\S/.test(query);
        if (isScript) database.exec(query);
        const rows = isScript ? [] : database.prepare(query).all(...(bindings as SQLInputValue[]));
        return { toArray: () => rows.map((row) => ({ ...row })) };
      },
    },
    transactionSync(body) {
      const name = `level${depth++}`;
      database.exec(`SAVEPOINT ${name}`);
      try {
        const result = body();
        database.exec(`RELEASE ${name}`);
        return result;
      } catch (error) {
        database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
        throw error;
      } finally {
        depth--;
      }
    },
  };
}
