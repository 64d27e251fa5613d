import { join } from "node:path";
import { expect, test } from "vitest";
import { openTracker } from "tracklet/local";
import { createClient } from "../../src/client/index.ts";
import { python } from "./support/python.ts";
import { room } from "./support/room.ts";
import { startTrackletServer } from "./support/tracklet-server.ts";

/** What `python/read_registry.py` prints. */
interface StoredModel {
  readonly name: string;
  readonly aliases: Record<string, number>;
  readonly versions: readonly { readonly version: number; readonly source: string; readonly files: string }[];
}

async function readRegistry(uri: string): Promise<StoredModel[]> {
  return JSON.parse(await python("read_registry.py", uri)) as StoredModel[];
}

test("MLflow's Python client passes its registry session against tracklet server, and reads the file itself alike", async () => {
  const directory = await room();
  const ours = await startTrackletServer(directory);
  let before: StoredModel[];
  try {
    expect(await python("registry.py", ours.trackingUri)).toBe("done");
    before = await readRegistry(ours.trackingUri);
  } finally {
    await ours.close();
  }
  expect(before.map(({ name }) => name)).toEqual(["digits", "m2", "production", "renamed", "greeting"]);
  expect(await readRegistry(`sqlite:///${join(directory, "mlflow.db")}`)).toEqual(before);
});

test("Python registers in a folder that openTracker wrote, and each reads the other's versions and files", async () => {
  const directory = await room();
  const uri = `sqlite:///${join(directory, "mlflow.db")}`;
  let source: string;
  {
    await using tracker = await openTracker({ directory, experiment: "registry" });
    const { registeredModels, modelVersions } = createClient(tracker);
    const run = tracker.startRun({ name: "trained" });
    await run.logText("weights", "model/weights.txt");
    await run.end();
    await tracker.flush();
    const runId = await run.runId();
    source = `${(await tracker.getRun(runId)).info.artifactUri}/model`;
    await registeredModels.create({ name: "from JavaScript", tags: { team: "a" } });
    await modelVersions.create("from JavaScript", { source, runId, tags: { i: "1" } });
    await registeredModels.setAlias("from JavaScript", "champion", 1);
  }
  expect(await python("continue_registry.py", uri)).toBe("weights");
  const [model] = await readRegistry(uri);
  // In the file the folder itself stands, so that Python finds the files without a server.
  expect(model).toMatchObject({ name: "from JavaScript", aliases: { champion: 2 } });
  expect(model?.versions[0]?.files).toContain(join(directory, "mlruns"));
  {
    await using tracker = await openTracker({ directory });
    const { registeredModels, modelVersions } = createClient(tracker);
    expect(await registeredModels.getByAlias("from JavaScript", "champion")).toMatchObject({ version: 2 });
    expect(await modelVersions.downloadUri("from JavaScript", 2)).toBe(source);
    expect((await modelVersions.get("from JavaScript", 1)).source).toBe(source);
  }
});
