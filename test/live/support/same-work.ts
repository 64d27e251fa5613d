import { join } from "node:path";
import { mkdir, writeFile } from "node:fs/promises";
import { createClient } from "tracklet/client";
import type { Tracker } from "tracklet";

/** Files that both sides log. */
export async function sameFiles(folder: string): Promise<void> {
  await mkdir(join(folder, "tree", "deep"), { recursive: true });
  await writeFile(
    join(folder, "weights.bin"),
    Uint8Array.from({ length: 5000 }, (_, n) => n % 256),
  );
  await writeFile(join(folder, "tree", "MLmodel"), "flavors: {}\n");
  await writeFile(join(folder, "tree", "deep", "größe %.txt"), "deep");
}

const grey = { width: 300, height: 20, data: Uint8Array.from({ length: 6000 }, (_, n) => n % 251) };
const rgb = { width: 5, height: 4, data: Uint8Array.from({ length: 60 }, (_, n) => (n * 4) % 256) };
const timestamp = 1_700_000_000_000;

/** Does by tracklet what `python/same_work.py` does by MLflow's fluent API. */
export async function sameWork(tracker: Tracker, registered: string, folder: string): Promise<void> {
  const sweep = { name: "sweep", description: "# Why", tags: { team: "red" } };
  const { runId, modelId } = await tracker.withRun(sweep, async (run) => {
    const params = { lr: 0.1, tiny: 1e-7, flag: true, none: null, layers: [64, 32], optimizer: { name: "adam" } };
    run.logParams({ ...params, größe: "ü" }, { format: "python" });
    for (let step = 0; step < 3; step++) {
      run.logMetrics({ loss: 1 / (step + 1), "val/acc": step / 4 }, { step, timestamp: timestamp + step });
    }
    run.logMetric("loss", 0.25, { step: 1, timestamp: timestamp + 9 });
    run.logMetric("odd", Number.NaN, { step: -1, timestamp });
    run.logMetric("large", Number.POSITIVE_INFINITY, { step: 2 ** 40, timestamp });
    run.setTag("note", "größer ✓");
    await run.logText("héllo\n", "notes/a b.txt");
    await run.logDict({ b: [1, null], a: "ü", deep: { x: 0.5 } }, "config.json");
    await run.logDict({ b: [1, null], a: "ü", deep: { x: 1e-7, y: "yes" } }, "config.yaml");
    await run.logArtifact(join(folder, "weights.bin"), "model files");
    await run.logArtifacts(join(folder, "tree"), "whole");
    await run.logTable({ question: ["a", "b"], score: [1, 0.5] }, "eval/table.json");
    await run.logTable([{ question: "c", score: 2 }], "eval/table.json");
    await run.logTable([{ picture: rgb, label: "seven" }], "eval/pictures.json");
    await run.logImage(rgb, { path: "plots/p.png" });
    for (let step = 0; step < 2; step++) {
      await run.logImage(grey, { key: "digits/seven", step, timestamp: timestamp + step });
    }
    const data = [
      { length: 39.5, count: 1, species: "Adelie" },
      { length: 46.5, count: 2, species: "Gentoo" },
    ];
    const source = { uri: join(folder, "weights.bin") };
    const tags = { split: "1" };
    run.logInput({ name: "penguins", data, source, digest: "0badcafe" }, { context: "training", tags });
    run.logInput({ name: "computed", data, source }, { context: "validation" });
    const about = { name: "net", type: "tfjs", step: 3, params: { layers: "[4, 2]" }, tags: { stage: "dev" } };
    const model = await run.logModel(join(folder, "tree"), about);
    run.logMetric("acc", 0.5, { step: 1, timestamp, model });
    await run.withChild({ name: "fold 1" }, async (fold) => {
      fold.logMetric("loss", 0.5, { step: 0, timestamp });
      await fold.withChild({ name: "trial", params: { lr: 0.01 } }, () => {});
    });
    return { runId: await run.runId(), modelId: await model.modelId() };
  });
  const broken = tracker.withRun({ name: "broken" }, () => Promise.reject(new RangeError("diverged")));
  await broken.catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
  });
  await tracker.flush();

  const { registeredModels, modelVersions } = createClient(tracker);
  await registeredModels.create({ name: registered, tags: { team: "red" }, description: "Digits" });
  const facts = { runId, modelId, tags: { i: "1" }, description: "first" };
  const { version } = await modelVersions.create(registered, { source: `models:/${modelId}`, ...facts });
  await registeredModels.setAlias(registered, "champion", version);
}
