/** A service worker that logs to the queue of the pages, as one does that computes in the background. */
import { openTracker } from "tracklet/browser";

/** What a page asks for. */
interface Order {
  readonly trackingUri: string;
  readonly run: string;
  readonly points: number;
}

interface Scope {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    type: "install" | "activate" | "message",
    listener: (event: {
      readonly data: Order;
      readonly ports: readonly MessagePort[];
      waitUntil(work: Promise<unknown>): void;
    }) => void,
  ): void;
}

const scope = globalThis as unknown as Scope;
scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("message", (event) => {
  const work = log(event.data);
  event.waitUntil(work);
  work.then(
    () => event.ports[0]?.postMessage("durable"),
    (error: unknown) => event.ports[0]?.postMessage(String(error)),
  );
});

async function log({ trackingUri, run: title, points }: Order): Promise<void> {
  const tracker = await openTracker({
    trackingUri,
    experiment: "lab",
    delivery: { flushInterval: 100 },
    onProblem: () => {},
  });
  const run = tracker.startRun({ name: title });
  for (let step = 1; step <= points; step++) run.logMetric("loss", step, { step });
  await run.end();
  await tracker.close();
}
