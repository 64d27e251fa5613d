import { createClient } from "../../src/client/index.ts";
import { createTracker } from "../../src/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import type { Problem } from "../../src/queue/types.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import type { Recorder, RecorderOptions, RecorderSettings } from "../../src/recorder/index.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { testServer } from "../support/test-server.ts";

/** A server that can be out of reach, with recorders of different processes, as far as they can tell. */
export interface World {
  readonly requests: string[];
  readonly problems: Problem[];
  readonly client: ReturnType<typeof createClient>;
  /** How requests are answered; replace it to make trouble. */
  fetch: Fetch;
  /** The way of a plain server. */
  readonly plain: Fetch;
  readonly open: (settings?: RecorderSettings) => Tracker;
  recorder(options?: Partial<RecorderOptions>): Recorder;
  close(): void;
}

/** What a fetch does without a network. */
export const unreachable: Fetch = () => Promise.reject(new TypeError("fetch failed"));

/** Waits for what comes by itself, as long as the test may take. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export async function world(): Promise<World> {
  const server = await testServer();
  const { trackingUri } = server;
  const requests: string[] = [];
  const problems: Problem[] = [];
  const made: World = {
    requests,
    problems,
    client: createClient({ trackingUri, fetch: server.fetch }),
    fetch: server.fetch,
    plain: server.fetch,
    open: ({ experiment, delivery } = {}) =>
      createTracker({
        trackingUri,
        fetch: (request) => {
          requests.push(new URL(request.url).pathname);
          return made.fetch(request);
        },
        ...(experiment !== undefined && { experiment }),
        delivery: { flushInterval: 20, ...delivery },
        onProblem: (problem) => void problems.push(problem),
      }),
    recorder: (options) =>
      createRecorder({ tracker: made.open, name: "walk", project: "field study", environment: false, ...options }),
    close: () => server.close(),
  };
  return made;
}
