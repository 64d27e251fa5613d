import { createTracker } from "../../../src/index.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import type { QueueStorage } from "../../../src/queue/storage.ts";
import type { Problem } from "../../../src/queue/types.ts";
import type { Tracker } from "../../../src/tracker/types/tracker.ts";
import { type ManualRuntime, manualRuntime } from "../../support/manual-runtime.ts";
import { testServer } from "../../support/test-server.ts";

/** A server with trackers whose clock stands still, and a web that posts go to. */
export interface World {
  readonly runtime: ManualRuntime;
  readonly problems: Problem[];
  readonly server: { readonly trackingUri: string; readonly fetch: Fetch };
  /** A tracker of another process, as far as it can tell. */
  open(queue?: QueueStorage): Tracker;
  close(): void;
}

export async function world(web: Fetch = () => Promise.reject(new TypeError("no web"))): Promise<World> {
  const server = await testServer();
  const runtime = manualRuntime({ fetch: web });
  const problems: Problem[] = [];
  const { trackingUri } = server;
  // A slow machine must not let pauses of tries again pass by while the server answers.
  const fetch: Fetch = (request) => runtime.clock.hold(server.fetch(request));
  const onProblem = (problem: Problem): void => void problems.push(problem);
  const open: World["open"] = (queue) =>
    createTracker({ trackingUri, fetch, runtime, onProblem, ...(queue && { queue }) });
  return { runtime, problems, server: { trackingUri, fetch }, open, close: () => server.close() };
}

/** A post as its receiver sees it. */
export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers: Headers;
}

/** A web that keeps what is posted; `answer` says how it replies to the n-th post, from 0. */
export function webOf(answer: (n: number, url: string) => Response): { posts: Post[]; web: Fetch } {
  const posts: Post[] = [];
  const web: Fetch = async (request) => {
    posts.push({ url: request.url, body: await request.text(), headers: request.headers });
    return answer(posts.length - 1, request.url);
  };
  return { posts, web };
}
