import type { Run } from "../../src/tracker/types/run.ts";
import type { Core } from "../../src/tracker/core.ts";
import type { Resources } from "../../src/client/resources.ts";
import { Guard } from "../../src/tracker/guard.ts";
import { endWithProcess } from "../../src/tracker/process-end.ts";
import { RunHandle } from "../../src/tracker/run.ts";
import { localIds } from "../../src/tracker/run-id.ts";
import { experimentOf, startRun, withRun } from "../../src/tracker/start-run.ts";
import { systemTags } from "../../src/tracker/system-tags.ts";
import { TrackerHandle } from "../../src/tracker/tracker.ts";
import type { TrackerOptions } from "../../src/tracker/types/tracker-options.ts";
import type { Problem } from "../../src/queue/types.ts";
import { type ManualRuntime, manualRuntime } from "../support/manual-runtime.ts";
import { FakeQueue } from "./fake-queue.ts";

/** A tracker over a queue that only remembers, and a server that there is none of. */
export interface Bench {
  readonly core: Core;
  readonly tracker: TrackerHandle;
  readonly queue: FakeQueue;
  readonly runtime: ManualRuntime;
  readonly problems: Problem[];
}

export function bench(
  options: TrackerOptions = {},
  client: Partial<Resources> = {},
  runtime: ManualRuntime = manualRuntime(),
): Bench {
  const queue = new FakeQueue();
  const problems: Problem[] = [];
  const guard = new Guard(options.strict === true, (problem) => problems.push(problem));
  let unwatch: (() => void) | undefined;
  const core: Core = {
    options,
    connection: { trackingUri: "http://mlflow.test" },
    runtime,
    queue,
    client: async () => client as Resources,
    guard,
    active: runtime.asyncContexts.create(),
    newLocalId: localIds(runtime.clock, runtime.random),
    systemTags: () => systemTags(runtime, "someone"),
    open: new Map(),
    background: new Set(),
    afterDelivery: new Set(),
    embedded: false,
    ownPaths: [],
    experiment: { name: "Default" },
    watchEnd: () => {
      unwatch ??= runtime.lifecycle.onEnd((reason) => endWithProcess(core, reason));
    },
    unwatchEnd: () => unwatch?.(),
    runEnded: () => {},
    startRun: (given) => startRun(core, given),
    experimentOf: (given) => experimentOf(core, given),
    handleOf: (seed) => new RunHandle(core, seed),
    withRun: (given, body) => withRun(core, given, body),
  };
  return { core, tracker: new TrackerHandle(core, () => {}), queue, runtime, problems };
}

/** Logs with each call that gives no promise: 6 points, and 5 other things. */
export function logEach(run: Run): void {
  run.logMetric("known", 2);
  run.logMetrics({ a: 1, b: 2 });
  run.logMetricSeries("s", { steps: [1, 2], values: [1, 2] });
  run.logParams({ lr: 1 });
  run.setTags({ t: 1 });
  run.deleteTag("t");
  run.summary({ best: 1, note: "x" });
  run.logInput({ name: "d" });
}
