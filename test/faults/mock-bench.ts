import type { MlflowRelease } from "../../mocks/act-as.ts";
import type { Problem } from "../../src/queue/types.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import type { TrackerOptions } from "../../src/tracker/types/tracker-options.ts";
import { type ManualRuntime, manualRuntime } from "../support/manual-runtime.ts";
import { type LightMock, lightMock } from "./light-mock.ts";
import { ServerReader } from "./server-reader.ts";

/** A whole tracker before a mock of MLflow, with time in the hands of the test. */
export interface MockBench {
  readonly mock: LightMock;
  readonly tracker: Tracker;
  readonly runtime: ManualRuntime;
  readonly problems: Problem[];
  /** Reads past the faults of the mock, and past everything of ours. */
  readonly reader: ServerReader;
  /** Bodies that came to a path, in order. */
  bodies(end: string): string[];
  /** Statuses of the answers to a path, lost ones left out. */
  statuses(end: string): number[];
  /** Lets time pass until all is delivered, or cannot be. */
  flush(): ReturnType<Tracker["flush"]>;
}

/** Makes one. `between` stands before the mock: what it answers, the server never sees. */
export async function mockBench(
  options: TrackerOptions & {
    actAs?: MlflowRelease;
    between?: (request: Request, body: string) => Response | undefined | Promise<Response | undefined>;
    manual?: ManualRuntime;
  } = {},
): Promise<MockBench> {
  const { actAs, between, manual: runtime = manualRuntime(), ...rest } = options;
  const mock = await lightMock(runtime.clock, actAs);
  const seen: { path: string; body: string; status: number }[] = [];
  const carry: Fetch = async (request) => {
    const body = await runtime.clock.hold(request.clone().text());
    const call = { path: new URL(request.url).pathname, body, status: 0 };
    seen.push(call);
    const response = (await between?.(request, body)) ?? (await mock.fetch(request));
    call.status = response.status;
    return response;
  };
  const problems: Problem[] = [];
  const tracker = createTracker({
    trackingUri: mock.trackingUri,
    fetch: carry,
    experiment: "faults",
    runtime,
    onProblem: (problem) => problems.push(problem),
    ...rest,
  });
  return {
    mock,
    tracker,
    runtime,
    problems,
    reader: new ServerReader(mock.trackingUri, mock.fetch),
    bodies: (end) => seen.filter(({ path }) => path.endsWith(end)).map(({ body }) => body),
    statuses: (end) => seen.filter(({ path, status }) => path.endsWith(end) && status > 0).map(({ status }) => status),
    flush: () => runtime.clock.until(tracker.flush()),
  };
}
