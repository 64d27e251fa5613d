import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { createTracker } from "tracklet";
import { openTracker } from "tracklet/local";
import { createClient } from "../../src/client/index.ts";
import { freshName } from "../e2e/suite/target.ts";
import { python } from "./support/python.ts";
import { room } from "./support/room.ts";

/** What `python/models.py` prints. */
interface Seen {
  readonly models: readonly { readonly id: string; readonly run: string; readonly [fact: string]: unknown }[];
  readonly outputs: Readonly<Record<string, readonly (readonly [string, number])[]>>;
}

const readModels = async (...args: string[]): Promise<Seen> => JSON.parse(await python("models.py", ...args)) as Seen;

type Opened = Awaited<ReturnType<typeof openTracker>>;

/** Two models of one run, logged by us. */
async function train(tracker: Opened): Promise<{ readonly runId: string; readonly ids: readonly string[] }> {
  const run = tracker.startRun({ name: "trained" });
  const files = { MLmodel: "flavors: {}\n", "data/w.bin": new TextEncoder().encode("javascript") };
  const net = await run.logModel(files, { name: "net", type: "tfjs", step: 3, params: { lr: 0.1 }, tags: { a: "b" } });
  run.logMetric("acc", 0.5, { step: 1, model: net });
  const other = await run.logModel({ "only.txt": "only" }, { name: "other" });
  await run.end();
  await tracker.flush();
  return { runId: await run.runId(), ids: [await net.modelId(), await other.modelId()] };
}

const ours = (runId: string, [net, other]: readonly string[]): unknown[] => [
  {
    id: net,
    name: "net",
    type: "tfjs",
    status: "READY",
    run: runId,
    params: { lr: "0.1" },
    tags: { a: "b" },
    metrics: [["acc", 0.5, 1, runId]],
    files: { MLmodel: "flavors: {}\n", "data/w.bin": "javascript" },
  },
  expect.objectContaining({ id: other, name: "other", status: "READY", files: { "only.txt": "only" } }),
];

test.runIf(!inject("mlflowVersion").startsWith("2."))(
  "S2.4 Python reads models that were logged offline first, and we read the one that Python makes",
  async () => {
    const trackingUri = inject("trackingUri");
    const experiment = freshName("models");
    await using tracker = createTracker({ trackingUri, experiment, delivery: { mode: "manual" }, onProblem: () => {} });
    const { runId, ids } = await train(tracker);
    const seen = await readModels(trackingUri, experiment, await room(), "make");
    expect(seen.models.filter(({ name }) => name !== "from Python")).toEqual(ours(runId, ids));
    expect(seen.outputs[runId]).toEqual(
      [
        [ids[0], 3],
        [ids[1], 0],
      ].sort(),
    );
    const { loggedModels, runs } = createClient(tracker);
    const made = seen.models.find(({ name }) => name === "from Python")!;
    expect(await loggedModels.get(made.id)).toMatchObject({
      name: "from Python",
      status: "READY",
      sourceRunId: made.run,
      params: { lr: "0.5" },
      metrics: [{ key: "acc", value: 0.25, step: 1 }],
    });
    expect(await (await loggedModels.downloadArtifact(made.id, "data/w.bin")).text()).toBe("python");
    expect((await runs.get(made.run)).outputs.models).toEqual([{ modelId: made.id, step: 4 }]);
  },
);

test("S2.4 Python reads models in the folder that openTracker wrote, and goes on there", async () => {
  const directory = await room();
  const uri = `sqlite:///${join(directory, "mlflow.db")}`;
  let logged: Awaited<ReturnType<typeof train>>;
  {
    await using tracker = await openTracker({ directory, experiment: "models" });
    logged = await train(tracker);
  }
  const seen = await readModels(uri, "models", await room(), "make");
  expect(seen.models.filter(({ name }) => name !== "from Python")).toEqual(ours(logged.runId, logged.ids));
  const made = seen.models.find(({ name }) => name === "from Python")!;
  await using tracker = await openTracker({ directory });
  const { loggedModels } = createClient(tracker);
  expect((await loggedModels.listArtifacts(made.id, "data")).map(({ path }) => path)).toEqual(["data/w.bin"]);
  expect(await (await loggedModels.downloadArtifact(made.id, "data/w.bin")).text()).toBe("python");
  const filter = "metrics.acc > 0.2 AND params.lr = '0.5'";
  const { experimentId } = await loggedModels.get(made.id);
  expect((await loggedModels.search({ experimentIds: [experimentId], filter })).items).toHaveLength(1);
});
