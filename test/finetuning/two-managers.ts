import { createClient } from "../../src/client/index.ts";
import { createExperimentsManager } from "../../src/finetuning/index.ts";
import { createTracker } from "../../src/index.ts";
import { Child } from "../kill/child.ts";

/** What one process is told. */
export interface Job {
  readonly trackingUri: string;
  readonly plugin: string;
  /** MLflow's id of the run with the initial model. */
  readonly start: string;
  readonly runs: number;
  /** Milliseconds that a training takes. */
  readonly work: number;
  /** Which training of this process takes a minute, in which it is killed; 0 for none. */
  readonly longest: number;
  /** Milliseconds. */
  readonly lease: number;
  /** Milliseconds of one request: a dead program is followed after lease and time-out. */
  readonly timeout: number;
}

/** Different for each run, and in no order, so that the best model changes hands now and then. */
export function lossOf(n: number, runs: number): number {
  return (n * 17 + 5) % runs;
}

/** What came of it. */
export interface Outcome {
  /** What is wrong; empty when every run is committed once, the best model is there, and no model was deleted twice. */
  readonly problems: string[];
  /** Runs that were trained again, as the killed process had begun them. */
  readonly resumed: number;
}

/** Two processes tune one plugin; one of them is killed in the middle of a training, and started again. */
export async function twoManagers(
  command: readonly string[],
  setting: Omit<Job, "start" | "longest"> & { readonly killAt: number },
): Promise<Outcome> {
  const { killAt, ...rest } = setting;
  const tracker = createTracker({ trackingUri: setting.trackingUri });
  const manager = createExperimentsManager<{ n: number }, { of: number }>({
    tracker,
    mainMetric: "loss",
    isLoss: true,
    pluginName: setting.plugin,
  });
  const start = await manager.uploadInitialModel({ of: -1 });
  const program = new URL("./programs/tuner.ts", import.meta.url);
  const begin = (longest = 0): Child =>
    new Child(command, program, [JSON.stringify({ ...rest, start, longest } satisfies Job)]);
  const killed = begin(killAt);
  const other = begin();
  const children = [killed, other];
  const problems: string[] = [];
  try {
    await killed.line(`begun ${killAt} `);
    await killed.kill();
    if ((await killed.end).signal !== "SIGKILL") problems.push("the process to be killed had ended before");
    children.push(begin());
    for (const child of children.slice(1)) {
      const { lines, code, stderr } = await child.end;
      if (code !== 0 || lines.at(-1) !== "end") problems.push(`a process ended with ${code}: ${stderr}`);
    }
  } finally {
    for (const child of children) await child.killed();
  }
  const done = (await Promise.all(children.map(({ end }) => end)))
    .flatMap(({ lines }) => lines)
    .filter((line) => line.startsWith("done "));
  const numbers = done.map((line) => line.split(" ")[1]);
  if (new Set(numbers).size !== numbers.length) problems.push("a run was trained to its end twice");
  await manager.setIteration({ runId: start, batchId: "shared" });
  problems.push(...(await stateProblems(setting, manager.iterationId ?? "")));
  const best = await manager.downloadBestModel();
  if (best === undefined || lossOf(best.of, setting.runs) !== 0) problems.push(`the best model is of ${best?.of}`);
  await tracker.close();
  return { problems, resumed: done.filter((line) => line.endsWith(" resumed")).length };
}

/** What is wrong with the runs on the server. */
async function stateProblems(
  { trackingUri, runs: expected }: Pick<Job, "trackingUri" | "runs">,
  experimentId: string,
): Promise<string[]> {
  const problems: string[] = [];
  const client = createClient({ trackingUri });
  const runs = await client.runs.search({ experimentIds: [experimentId], view: "all" }).all();
  const names = new Set(runs.map(({ info }) => info.runName));
  if (runs.length !== expected || names.size !== expected)
    problems.push(`${runs.length} runs with ${names.size} names, not ${expected}`);
  for (const { info, data } of runs) {
    const { runId, status } = info;
    const n = Number(data.params["n"]);
    const outcome = data.tags[`mlflow.tracklet.finetuning.outcome.${data.tags["mlflow.tracklet.finetuning.attempt"]}`];
    if (status !== "FINISHED" || outcome !== "finished") problems.push(`run ${n} is ${status}, ${outcome}`);
    if (data.metrics["best_loss"] !== lossOf(n, expected)) problems.push(`run ${n} shows ${data.metrics["best_loss"]}`);
    if (data.metrics["loss"] !== lossOf(n, expected)) problems.push(`run ${n} has the loss ${data.metrics["loss"]}`);
    const hasModel = data.metrics["model_uploaded"] === 1;
    if (hasModel !== (lossOf(n, expected) === 0)) problems.push(`run ${n} has ${hasModel ? "a" : "no"} model`);
    const files = (await client.artifacts.list(runId, "model")).length;
    if (files > 0 !== hasModel) problems.push(`run ${n} has ${files} files of a model`);
    const deletions = await client.metrics.history({ runId, key: "model_deleted" }).all();
    if (deletions.length > 1) problems.push(`the model of run ${n} was deleted ${deletions.length} times`);
  }
  return problems;
}
