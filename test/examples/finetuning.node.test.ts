import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createClient } from "tracklet/client";
import { openTracker } from "tracklet/local";
import { startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const example = new URL("../../examples/finetuning/main.ts", import.meta.url);
const temporaryDirectory = temporaryDirectories();

test("S0.21 the fine-tuning example tunes, deploys, rolls back, and trains nothing at a second start", async () => {
  const cwd = await temporaryDirectory();
  const start = () => startProgram(example, ["2"], { cwd }).end;
  const first = await start();
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain("8 runs trained; skipped as they are known: none");
  expect(first.stdout).toMatch(/'first feedback' .* 'version 1' /);
  expect(first.stdout).toMatch(/'spoiled feedback' .* 'rolled back' /);
  const second = await start();
  expect(second).toMatchObject({ code: 0, stderr: "" });
  expect(second.stdout).toContain(
    '0 runs trained; skipped as they are known: 2 runs of "first feedback", 2 runs of "second feedback", 2 runs of "third feedback", 2 runs of "spoiled feedback"',
  );
  const deployed = Number(/version (\d+) is deployed/.exec(second.stdout)?.[1]);
  expect(first.stdout).toContain(`version ${deployed} is deployed`);

  await using tracker = await openTracker({ directory: cwd });
  const { registeredModels, experiments, runs } = createClient(tracker);
  const version = await registeredModels.getByAlias("penguins", "deployed");
  expect(version?.version).toBe(deployed);
  const all = await experiments.search({ view: "all", filter: "name LIKE 'penguins / iteration / %'" }).all();
  expect(all.map(({ name }) => name)).toContain("penguins / iteration / initial");
  expect(all.find(({ name }) => name.includes(" / spoiled feedback"))).toMatchObject({ lifecycleStage: "deleted" });
  const tuned = all.filter(({ name }) => !name.endsWith(" / initial")).map(({ experimentId }) => experimentId);
  const trained = await runs.search({ experimentIds: tuned, view: "all" }).all();
  expect(trained.map(({ info }) => info.status)).toEqual(Array(8).fill("FINISHED"));
  // The deployed version is a run with a model, and no iteration that was kept has a better one.
  const kept = trained.filter(
    ({ info, data }) => info.lifecycleStage === "active" && data.metrics["model_uploaded"] === 1,
  );
  const losses = kept.map(({ data }) => data.metrics["best_val_loss"] ?? Number.NaN);
  const chosen = kept.find(({ info }) => info.runId === version?.runId);
  expect(chosen?.data.metrics["best_val_loss"]).toBe(Math.min(...losses));

  const report = await readFile(join(cwd, "finetuning-report.html"), "utf8");
  for (const text of ["quality over iterations", "third feedback", "On held-out penguins", "rolled back before"])
    expect(report).toContain(text);
}, 120_000);
