import { afterAll, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import type { RunData } from "../../src/client/types/entities.ts";
import { queueName } from "../../src/queue/queue-name.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { type GatedServer, gatedServer } from "./support/gated-server.ts";
import { type RunningWorker, startWorker } from "./support/start-worker.ts";

const temporaryDirectory = temporaryDirectories(afterAll);
const trackingUri = "http://mlflow.localhost";
const object = encodeURIComponent(queueName(trackingUri));
const running = new Set<RunningWorker>();

afterAll(async () => {
  for (const worker of running) await worker.stop();
});

async function start(directory: string, server: GatedServer): Promise<RunningWorker> {
  const worker = await startWorker(directory, server.fetch);
  running.add(worker);
  return worker;
}

async function stop(worker: RunningWorker): Promise<void> {
  running.delete(worker);
  await worker.stop();
}

/** Asks again and again until the answer will do; the test's own limit ends it. */
async function until<T>(ask: () => Promise<T>, will: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (will(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function json(worker: RunningWorker, path: string): Promise<never> {
  return (await (await worker.fetch(path)).json()) as never;
}

interface Status {
  readonly waiting: { readonly points: number; readonly requests: number };
  readonly delivered: { readonly points: number };
}

const status = (worker: RunningWorker): Promise<Status> => json(worker, `/status?object=${object}`);
const nothing = { points: 0, requests: 0 };

async function runsOn(server: GatedServer): Promise<RunData[]> {
  const client = createClient({ trackingUri, fetch: server.direct });
  const { items } = await client.runs.search({ experimentIds: ["0"], view: "all" });
  return [...items].sort((a, b) => (a.info.runName! < b.info.runName! ? -1 : 1));
}

/** All that a request logs, once. */
async function expectWhole(server: GatedServer, names: readonly string[]): Promise<void> {
  const client = createClient({ trackingUri, fetch: server.direct });
  const runs = await runsOn(server);
  expect(runs.map(({ info }) => [info.runName, info.status, info.lifecycleStage])).toEqual(
    names.map((name) => [name, "FINISHED", "active"]),
  );
  for (const { info, data } of runs) {
    const { runId } = info;
    const points: number[] = [];
    for await (const { step } of client.metrics.history({ runId, key: "loss" })) points.push(step);
    expect(points.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, step) => step));
    expect(data.params).toEqual({ who: info.runName });
    expect(data.tags["of"]).toBe("edge");
    expect((await client.artifacts.list(runId, "notes")).map(({ path }) => path)).toEqual(["notes/said.txt"]);
  }
}

// They wait far more than they work.
describe.concurrent("a Worker whose request ends while it delivers", () => {
  test("F42 openTracker() leaves nothing to the Durable Object while the server answers", async () => {
    const server = gatedServer();
    const worker = await start(await temporaryDirectory(), server);
    expect(await (await worker.fetch("/log?queue&name=a&within=60000")).text()).toBe("answered");
    await until(
      () => runsOn(server),
      ([run]) => run?.info.status === "FINISHED",
    );
    await expectWhole(server, ["a"]);
    expect(await status(worker)).toMatchObject({ waiting: nothing, delivered: nothing });
    await stop(worker);
  }, 180_000);

  test("F42 a TrackletQueue takes what the deadline leaves, outlives workerd, and its alarm delivers it once", async () => {
    const server = gatedServer();
    const directory = await temporaryDirectory();
    const worker = await start(directory, server);
    server.let("deaf");
    const names = ["a", "b", "c", "d"];
    const answers = await Promise.all(names.map((name) => worker.fetch(`/log?queue&name=${name}`)));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(names.map(() => "answered"));
    const taken = await until(
      () => status(worker),
      ({ waiting }) => waiting.points >= 200,
    );
    expect(taken).toMatchObject({ waiting: { points: 200 }, delivered: { points: 0 } });
    await stop(worker);
    server.let("open");
    const second = await start(directory, server);
    await until(
      () => status(second),
      ({ waiting }) => waiting.points + waiting.requests === 0,
    );
    await expectWhole(server, names);
    expect(await status(second)).toMatchObject({ delivered: { points: 200 } });
    await stop(second);
  }, 180_000);

  test("F42 a TrackletQueue doubles nothing of a server that acts and does not say so", async () => {
    const server = gatedServer();
    const worker = await start(await temporaryDirectory(), server);
    server.let("mute");
    const names = ["a", "b", "c"];
    await Promise.all(names.map((name) => worker.fetch(`/log?queue&name=${name}&within=2000`)));
    await until(
      () => status(worker),
      ({ waiting }) => waiting.points >= 150,
    );
    // They were created, and nobody was told.
    await until(
      () => runsOn(server),
      (runs) => runs.length === 3,
    );
    server.let("open");
    await until(
      () => status(worker),
      ({ waiting }) => waiting.points + waiting.requests === 0,
    );
    await expectWhole(server, names);
    await stop(worker);
  }, 180_000);

  test("F42 without a Durable Object onUndelivered() gets what is left, and resend() sends it, also twice", async () => {
    const server = gatedServer();
    const worker = await start(await temporaryDirectory(), server);
    server.let("deaf");
    await worker.fetch("/log?keep&name=a");
    interface Told {
      readonly kept: readonly { readonly points: number; readonly requests: number }[];
      readonly problems: readonly { readonly kind: string; readonly message: string }[];
    }
    const told = await until(
      () => json(worker, "/told") as Promise<Told>,
      ({ kept }) => kept.length > 0,
    );
    expect(told.kept[0]?.points).toBe(50);
    await worker.fetch("/log?name=lost");
    const { problems } = await until(
      () => json(worker, "/told") as Promise<Told>,
      ({ problems }) => problems.some(({ kind }) => kind === "undelivered"),
    );
    expect(problems.find(({ kind }) => kind === "undelivered")?.message).toMatch(/^50 points and \d requests did not/);
    // As those of the first request do when its isolate is gone: nothing of it comes in late.
    server.let("open");
    const report = { pending: nothing, parked: nothing, quarantined: nothing };
    expect(await json(worker, "/resend")).toMatchObject([report]);
    expect(await json(worker, "/resend")).toMatchObject([report]);
    const runs = await runsOn(server);
    expect(runs.filter(({ info }) => info.runName === "a" && info.lifecycleStage === "active")).toHaveLength(1);
    await stop(worker);
  }, 180_000);

  test("openTracker() does nothing that needs a request, and delivers a run that nobody ends", async () => {
    const server = gatedServer();
    const worker = await start(await temporaryDirectory(), server);
    expect(await json(worker, "/at-start")).toMatchObject({ waiting: nothing, host: "unknown" });
    expect(server.count()).toBe(0);
    await worker.fetch("/open-run");
    const client = createClient({ trackingUri, fetch: server.direct });
    const [run] = await until(
      () => runsOn(server),
      ([run]) => run?.data.latestMetrics.length === 1,
    );
    expect(run?.info.status).toBe("RUNNING");
    expect((await client.runs.get(run!.info.runId)).info.runName).toBe("never ended");
    await stop(worker);
  }, 180_000);
});

describe("TrackletServer", () => {
  test("keeps experiments, runs and artifacts over a restart of workerd", async () => {
    const directory = await temporaryDirectory();
    const server = gatedServer();
    const first = await start(directory, server);
    const fetch = (worker: RunningWorker) => (request: Request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers, body } = request;
      return worker.fetch(pathname + search, { method, headers, body, duplex: "half" } as RequestInit);
    };
    const client = createClient({ trackingUri, fetch: fetch(first) });
    const experimentId = await client.experiments.create({ name: "at the edge" });
    const { info } = await client.runs.create({ experimentId, startTime: 1 });
    const { runId } = info;
    await client.runs.logBatch({ runId, metrics: [{ key: "loss", value: 0.5, timestamp: 1, step: 2 ** 52 }] });
    await client.artifacts.upload(runId, "a/b.txt", new Blob(["weights"]));
    await stop(first);
    const second = await start(directory, server);
    const again = createClient({ trackingUri, fetch: fetch(second) });
    const { items } = await again.runs.search({ experimentIds: [experimentId], filter: "metrics.loss < 1" });
    expect(items.map((run) => [run.info.runId, run.data.latestMetrics[0]?.step])).toEqual([[runId, 2 ** 52]]);
    expect(await (await again.artifacts.download(runId, "a/b.txt")).text()).toBe("weights");
    await stop(second);
  }, 180_000);
});
