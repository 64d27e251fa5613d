// What a user would deploy: a handler that tracks each request, a queue for what is left, and an MLflow of its own.
import {
  type ObjectNamespace,
  openTracker,
  type R2Bucket,
  r2Artifacts,
  resend,
  TrackletQueue,
  type TrackletQueueOptions,
  TrackletServer,
  type Undelivered,
} from "tracklet/workers";

interface Env {
  readonly MLFLOW: { fetch(request: Request): Promise<Response> };
  readonly QUEUE: ObjectNamespace;
  readonly EXPERIMENTS: ObjectNamespace;
  readonly ARTIFACTS: R2Bucket;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/** The queue of the tests: with requests that are given up soon. */
export class Leftovers extends TrackletQueue<Env> {
  override options(): TrackletQueueOptions {
    return { delivery: { requestTimeout: 2_000 } };
  }
}

export class Experiments extends TrackletServer<Env> {
  override options(): { artifacts: ReturnType<typeof r2Artifacts> } {
    return { artifacts: r2Artifacts(this.env.ARTIFACTS) };
  }
}

// Where no request is, workerd refuses fetch, timers and randomness: that this works shows that nothing happens.
const atStart = openTracker({ trackingUri: "http://mlflow.localhost" }, () => {});

const kept: Undelivered[] = [];
const problems: unknown[] = [];

export default {
  async fetch(request: Request, env: Env, ctx: Context): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const tells = { onProblem: (problem: unknown) => void problems.push(problem) };
    const delivery = { exitTimeout: Number(searchParams.get("within") ?? 300), flushInterval: 20 };
    if (pathname === "/log") {
      const name = searchParams.get("name") ?? "run";
      const takers = searchParams.has("queue") ? { queue: env.QUEUE } : {};
      const keeper = searchParams.has("keep") ? { onUndelivered: (left: Undelivered) => void kept.push(left) } : {};
      const tracker = openTracker({ env, delivery, ...takers, ...keeper, ...tells }, ctx);
      await tracker.withRun({ name, params: { who: name }, tags: { of: "edge" } }, async (run) => {
        for (let step = 0; step < 50; step++) run.logMetric("loss", 1 / (step + 1), { step });
        await run.logText(`said by ${name}`, "notes/said.txt");
      });
      return new Response("answered");
    }
    if (pathname === "/open-run") {
      const tracker = openTracker({ env, delivery, queue: env.QUEUE, ...tells }, ctx);
      tracker.startRun({ name: "never ended" }).logMetric("loss", 1, { step: 0 });
      return new Response("answered");
    }
    if (pathname === "/resend") {
      const reports = [];
      for (const left of kept) reports.push(await resend(left, { env, ...tells }, ctx));
      return Response.json(reports);
    }
    if (pathname === "/told") {
      return Response.json({ problems, kept: kept.map(({ points, requests }) => ({ points, requests })) });
    }
    if (pathname === "/at-start") return Response.json(atStart.queue.status());
    const name = searchParams.get("object") ?? "";
    if (pathname === "/status") {
      return env.QUEUE.get(env.QUEUE.idFromName(name)).fetch(new Request("http://q/status"));
    }
    return env.EXPERIMENTS.get(env.EXPERIMENTS.idFromName("all")).fetch(request);
  },
};
