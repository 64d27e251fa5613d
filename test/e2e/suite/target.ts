import { type Client, createClient } from "../../../src/client/index.ts";
import type { Problem } from "../../../src/queue/types.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../../src/tracker/types/tracker.ts";
import type { TrackerOptions } from "../../../src/tracker/types/tracker-options.ts";

/** A server under test: embedded, over HTTP, or real MLflow. */
export interface Target {
  readonly trackingUri: string;
  readonly fetch?: Fetch;
  close(): void | Promise<void>;
}

/** Starts or finds the server; each suite calls it once. */
export type CreateTarget = () => Promise<Target>;

/** What a server under test is known to do wrong. */
export interface ServerFaults {
  /** MLflow 2.22 closes the connection when an artifact whose name is not ASCII is read. */
  readonly asciiNamesOnly?: boolean;
  /** MLflow 2 has no logged models. */
  readonly release2?: boolean;
}

/** A tracker on the target with an experiment of its own, and a client that reads past the queue. */
export interface Bench {
  readonly tracker: Tracker;
  readonly client: Client;
  readonly experiment: string;
  readonly problems: Problem[];
  /** Another tracker on the same server and experiment, as another process would have it. */
  another(options?: TrackerOptions): Tracker;
}

/** A name that no other test, and no earlier run of this one, has used on a shared server. */
export function freshName(stem: string): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `${stem} ${Array.from(random, (part) => part.toString(36)).join("")}`;
}

/** Makes a bench, hands it to `body` and closes what it opened. */
export async function withBench(
  target: Target,
  options: TrackerOptions,
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  const experiment = options.experiment ?? freshName("e2e");
  const problems: Problem[] = [];
  const opened: Tracker[] = [];
  const another = (more: TrackerOptions = {}): Tracker => {
    const tracker = createTracker({
      trackingUri: target.trackingUri,
      experiment,
      // Every page is told that a queue in memory ends with it; the tests are about the rest.
      onProblem: (problem) => void (problem.kind === "memory-queue" || problems.push(problem)),
      delivery: { flushInterval: 50 },
      ...(target.fetch === undefined ? {} : { fetch: target.fetch }),
      ...options,
      ...more,
    });
    opened.push(tracker);
    return tracker;
  };
  try {
    const tracker = another();
    await body({ tracker, client: createClient(tracker), experiment, problems, another });
  } finally {
    await Promise.all(opened.map((tracker) => tracker.close()));
  }
}
