import { join } from "node:path";
import { describe, expect, test } from "vitest";
import worker from "../../examples/first/worker.ts";
import { serve } from "../../src/cli/http/serve.ts";
import { openTracker } from "../../src/open/local.ts";
import { type ProgramEnd, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { testServer } from "../support/test-server.ts";

const temporaryDirectory = temporaryDirectories();

const run = (name: string, cwd: string, env: Record<string, string> = {}): Promise<ProgramEnd> =>
  startProgram(new URL(`../../examples/first/${name}.ts`, import.meta.url), [], { cwd, env }).end;

describe("the first programs", () => {
  test("deno-notebook tracks three runs without a server and shows them, best first", async () => {
    const directory = await temporaryDirectory();
    const end = await run("deno-notebook", directory);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const order = ["lr 0.1", "lr 0.01", "lr 1"].map((name) => end.stdout.indexOf(name));
    expect(order.every((at) => at > 0)).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    await using tracker = await openTracker({ directory, experiment: "notebook" });
    const { rows } = await tracker.searchRuns();
    expect(rows.map(({ status }) => status)).toEqual(["FINISHED", "FINISHED", "FINISHED"]);
  });

  test("page trains with TensorFlow.js and reads its own losses back", async () => {
    const end = await run("page", await temporaryDirectory());
    expect(end.code).toBe(0);
    const [, first, last] = /^loss went from (\d+\.\d\d) to (\d+\.\d\d) in 20 epochs$/m.exec(end.stdout) ?? [];
    expect(Number(last)).toBeLessThan(Number(first) / 10);
  });

  test("worker answers at once and delivers its run afterwards, through the service binding", async () => {
    const server = await testServer();
    const waits: Promise<unknown>[] = [];
    const fetch = (request: Request): Promise<Response> => {
      const { origin, pathname, search } = new URL(request.url);
      expect(origin).toBe("http://mlflow.localhost");
      return server.fetch(new Request(server.trackingUri + pathname + search, request));
    };
    const refuse = (): never => {
      throw new Error("nothing is left over");
    };
    const queue = { idFromName: refuse, get: refuse };
    const env = { MLFLOW: { fetch }, TRACKLET_QUEUE: queue, AI: { run: async (prompt: string) => `${prompt}!` } };
    const request = new Request("https://worker.example/", { method: "POST", body: "hello" });
    const reply = await worker.fetch(request, env, { waitUntil: (promise) => void waits.push(promise) });
    expect(await reply.text()).toBe("hello!");
    await Promise.all(waits);
    const { trackingUri } = server;
    await using tracker = await openTracker({ trackingUri, fetch: server.fetch, experiment: "answers" });
    expect((await tracker.searchRuns()).rows).toMatchObject([
      { name: "answer", status: "FINISHED", "metrics.answer_length": 6, "params.model": "small" },
    ]);
  });

  test("python-team tracks nested runs to the server that the environment names, and finds the best at the second start", async () => {
    const server = await testServer();
    const { url, close } = await serve(server.fetch, { host: "127.0.0.1", port: 0, onError: () => {} });
    const directory = await temporaryDirectory();
    const first = await run("python-team", directory, { MLFLOW_TRACKING_URI: url });
    expect(first).toMatchObject({ code: 0, stdout: "best so far: none\n", stderr: "" });
    const second = await run("python-team", directory, { MLFLOW_TRACKING_URI: url });
    expect(second.stdout).toBe("best so far: fold 2\n");
    await using tracker = await openTracker({ trackingUri: url, experiment: "churn" });
    expect((await tracker.searchRuns()).rows).toHaveLength(8);
    await close();
    server.close();
  });

  test("from-wandb keeps config, series, summary and file", async () => {
    const directory = await temporaryDirectory();
    expect(await run("from-wandb", directory)).toMatchObject({ code: 0, stderr: "" });
    await using tracker = await openTracker({
      trackingUri: `sqlite:///${join(directory, "mlflow.db")}`,
      experiment: "penguins",
    });
    const { rows } = await tracker.searchRuns();
    expect(rows).toMatchObject([
      { "params.layers.units": "64", "metrics.summary.best_accuracy": 0.91, status: "FINISHED" },
    ]);
    const id = rows[0]!.run_id;
    expect(await tracker.getMetricHistory(id, "loss")).toHaveLength(10);
    expect(await (await tracker.openArtifact(id, "counts.csv")).text()).toContain("Gentoo");
  });
});
