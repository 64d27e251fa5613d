import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import type { LoggedModel } from "../../src/client/types/logged-models.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type TestServer, testServer } from "../support/test-server.ts";
import { type Harness, harness } from "./harness.ts";

/** What becomes of a request instead of its way to the server; undefined: it goes there. */
type Fault = (request: Request, pass: () => Promise<Response>) => Promise<Response> | undefined;

async function withServer(
  body: (server: TestServer, fetchWith: (fault: Fault) => Fetch) => Promise<void>,
): Promise<void> {
  const server = await testServer({ security: { allowedHosts: ["*"] } });
  try {
    await body(server, (fault) => (request) => fault(request, () => server.fetch(request)) ?? server.fetch(request));
  } finally {
    server.close();
  }
}

/** The answer to the first request that `meets` is lost, after the server acted. */
function losing(meets: (request: Request) => boolean): Fault {
  let lost = false;
  return (request, pass) => {
    if (lost || !meets(request)) return undefined;
    lost = true;
    return pass().then(() => {
      throw new TypeError("fetch failed");
    });
  };
}

const at = (method: string, end: RegExp) => (request: Request) =>
  request.method === method && end.test(new URL(request.url).pathname);

function logModel({ queue, start }: Harness): string {
  const run = start("trained");
  queue.requestModel("local-model", "model", {
    localId: "local-model",
    run,
    name: "net",
    step: 2,
    params: {},
    tags: {},
  });
  void queue.logArtifact("local-model", "w.bin", new Blob(["123"]));
  queue.logMetric("local-model", "acc", 0.5, 7, 1);
  queue.requestModel("local-model", "finalize", { failed: false });
  return run;
}

/** All models on the server, and the outputs of all its runs. */
async function found({ fetch, trackingUri }: TestServer): Promise<{ models: LoggedModel[]; outputs: unknown[] }> {
  const { loggedModels, runs } = createClient({ fetch, trackingUri });
  const query = { experimentIds: ["0"] };
  const all = await runs.search(query).all();
  return {
    models: await loggedModels.search(query).all(),
    outputs: all.flatMap((run) => run.outputs.models),
  };
}

describe("Queue with a logged model", () => {
  test.each([
    ["the creation of the model", at("POST", /\/logged-models$/)],
    ["what says that the run made it", at("POST", /\/runs\/outputs$/)],
    ["an upload", at("PUT", /w\.bin$/)],
    ["a batch of its metrics", at("POST", /\/runs\/log-batch$/)],
    ["the last word", at("PATCH", /\/logged-models\/m-/)],
  ])("makes it once when the answer to %s is lost", (_, meets) =>
    withServer(async (server, fetchWith) => {
      const it = harness({ fetch: fetchWith(losing(meets)) });
      const run = logModel(it);
      const report = await it.runtime.clock.until(it.queue.flush());
      expect(report).toMatchObject({ pending: { points: 0, requests: 0 }, parked: { requests: 0 } });
      const { models, outputs } = await found(server);
      expect(models).toHaveLength(1);
      const [model] = models;
      expect(model).toMatchObject({ status: "READY", sourceRunId: it.queue.knownRunId(run) });
      expect(model?.metrics.map(({ key, value, step }) => [key, value, step])).toEqual([["acc", 0.5, 1]]);
      expect(outputs).toEqual([{ modelId: model?.modelId, step: 2 }]);
      expect(await it.queue.runId("local-model")).toBe(model?.modelId);
      await it.runtime.clock.until(it.queue.close());
    }),
  );

  test("keeps the last version of a file whose first version the server failed at", () =>
    withServer(async (server, fetchWith) => {
      let left = 3;
      const meets = at("PUT", /w\.bin$/);
      const fails = new Response("<html>no</html>", { status: 500 });
      const it = harness({
        fetch: fetchWith((request) => (meets(request) && left-- > 0 ? Promise.resolve(fails.clone()) : undefined)),
      });
      const model = { localId: "local-model", run: it.start("trained"), name: "net", step: 2, params: {}, tags: {} };
      it.queue.requestModel("local-model", "model", model);
      void it.queue.logArtifact("local-model", "w.bin", new Blob(["1"]));
      void it.queue.logArtifact("local-model", "w.bin", new Blob(["22"]));
      it.queue.requestModel("local-model", "finalize", { failed: false });
      const report = await it.runtime.clock.until(it.queue.flush());
      expect(report).toMatchObject({ pending: { requests: 0 }, quarantined: { requests: 0 } });
      const [made] = (await found(server)).models;
      expect(made?.status).toBe("READY");
      const { loggedModels } = createClient({ trackingUri: "http://localhost", fetch: server.fetch });
      const files = await loggedModels.listArtifacts(made!.modelId);
      expect(files.map(({ path, size }) => [path, size])).toEqual([["w.bin", 2]]);
      await it.runtime.clock.until(it.queue.close());
    }));

  test("F17 looks for it before it is made again by the next process", () =>
    withServer(async (server, fetchWith) => {
      const storage = memoryQueue();
      let down = false;
      const meets = at("POST", /\/logged-models$/);
      const before = harness({
        storage,
        fetch: fetchWith((request, pass) => {
          if (down) return Promise.reject(new TypeError("fetch failed"));
          if (!meets(request)) return undefined;
          down = true;
          return pass().then(() => Promise.reject(new TypeError("fetch failed")));
        }),
      });
      logModel(before);
      await before.runtime.clock.until(before.queue.close({ timeout: 20_000 }));
      expect((await found(server)).models.map(({ status }) => status)).toEqual(["PENDING"]);
      const { clock } = before.runtime;
      const it = harness({ storage, fetch: server.fetch, runtime: manualRuntime({ clock, seed: 2 }) });
      await it.queue.recover();
      await clock.until(it.queue.flush());
      const { models, outputs } = await found(server);
      expect(models.map(({ status }) => status)).toEqual(["READY"]);
      expect(outputs).toEqual([{ modelId: models[0]?.modelId, step: 2 }]);
      await clock.until(it.queue.close());
    }));

  test.each([true, false])("F21 is made in no run that the server lost (the run logs as well: %s)", (logs) =>
    withServer((first) =>
      withServer(async (second) => {
        const storage = memoryQueue();
        const before = harness({ storage, fetch: first.fetch });
        const run = before.start("trained");
        await before.runtime.clock.until(before.queue.close());
        const { clock } = before.runtime;
        const left = harness({ storage, runtime: manualRuntime({ clock, seed: 2 }), delivery: { mode: "manual" } });
        left.queue.requestModel("local-model", "model", {
          localId: "local-model",
          run,
          name: "net",
          step: 2,
          params: {},
          tags: {},
        });
        await clock.until(left.queue.flush({ until: "durable" }));
        await clock.until(left.queue.close());
        // One with the same experiment, by id, and other runs.
        const it = harness({ storage, fetch: second.fetch, runtime: manualRuntime({ clock, seed: 3 }) });
        if (logs) it.queue.logMetric(run, "loss", 1, 7, 1);
        else await it.queue.recover();
        const report = await clock.until(it.queue.flush());
        expect(report).toMatchObject({ pending: { points: 0, requests: 0 }, parked: { requests: 1 } });
        expect((await found(second)).models).toEqual([]);
        expect(it.problems.find(({ run }) => run === "local-model")).toMatchObject({
          kind: "run-parked",
          message: expect.stringContaining("the server has no run"),
        });
        await clock.until(it.queue.close());
      }),
    ),
  );

  test("is FAILED when a file is refused for good, which holds up nothing else", () =>
    withServer(async (server, fetchWith) => {
      const refused = JSON.stringify({ error_code: "INVALID_PARAMETER_VALUE", message: "no" });
      const meets = at("PUT", /w\.bin$/);
      const fetch = fetchWith((request) =>
        meets(request) ? Promise.resolve(new Response(refused, { status: 400 })) : undefined,
      );
      const it = harness({ fetch });
      logModel(it);
      const report = await it.runtime.clock.until(it.queue.flush());
      expect(report).toMatchObject({ pending: { requests: 0 }, quarantined: { requests: 1 } });
      expect((await found(server)).models.map(({ status }) => status)).toEqual(["FAILED"]);
      await it.runtime.clock.until(it.queue.close());
    }));

  test("goes on when a replica has not heard yet that its run made it, or of the run", () =>
    withServer(async (server, fetchWith) => {
      const lose = losing(at("POST", /\/runs\/outputs$/));
      const missing = { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Run not found" };
      let asked = 0;
      const isGet = at("GET", /\/runs\/get$/);
      const late: Fault = (request) =>
        isGet(request) && asked++ === 0 ? Promise.resolve(Response.json(missing, { status: 404 })) : undefined;
      const it = harness({ fetch: fetchWith((request, pass) => lose(request, pass) ?? late(request, pass)) });
      logModel(it);
      const report = await it.runtime.clock.until(it.queue.flush());
      expect(report).toMatchObject({ parked: { requests: 0 }, pending: { requests: 0 } });
      expect(asked).toBe(2);
      expect(await found(server)).toMatchObject({ models: [{ status: "READY" }], outputs: [{ step: 2 }] });
    }));

  test("waits parked when its run is deleted, by which its points go, and goes on when that is restored", () =>
    withServer(async (server) => {
      const it = harness({ fetch: server.fetch });
      const { runs, loggedModels } = createClient({ fetch: server.fetch, trackingUri: server.trackingUri });
      const run = logModel(it);
      await it.runtime.clock.until(it.queue.flush());
      const runId = await it.queue.runId(run);
      await runs.delete(runId);
      it.queue.logMetric("local-model", "acc", 0.75, 8, 2);
      const parked = await it.runtime.clock.until(it.queue.flush());
      expect(parked).toMatchObject({ parked: { points: 1 }, quarantined: { points: 0 } });
      await runs.restore(runId);
      it.queue.resume();
      expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({
        parked: { points: 0 },
        pending: { points: 0 },
      });
      const { metrics } = await loggedModels.get(await it.queue.runId("local-model"));
      expect(metrics.map(({ value }) => value).sort()).toEqual([0.5, 0.75]);
    }));

  test("waits parked when it is deleted meanwhile, and its run goes on", () =>
    withServer(async (server) => {
      const it = harness({ fetch: server.fetch });
      const run = logModel(it);
      await it.runtime.clock.until(it.queue.flush());
      const { loggedModels } = createClient(server);
      await loggedModels.delete(await it.queue.runId("local-model"));
      const next = harness({
        storage: it.storage,
        fetch: server.fetch,
        runtime: manualRuntime({ clock: it.runtime.clock, seed: 2 }),
      });
      await it.runtime.clock.until(it.queue.close());
      void next.queue.logArtifact("local-model", "late.bin", new Blob(["1"]));
      next.queue.logMetric(run, "loss", 1, 7, 1);
      const report = await it.runtime.clock.until(next.queue.flush());
      expect(report).toMatchObject({
        pending: { points: 0, requests: 0 },
        parked: { requests: 1 },
        delivered: { points: 1 },
      });
      expect(next.problems.find(({ kind }) => kind === "run-parked")?.message).toContain("no logged model m-");
      await it.runtime.clock.until(next.queue.close());
    }));
});
