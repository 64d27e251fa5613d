import { createClient, type Client } from "../../src/client/index.ts";
import {
  createExperimentsManager,
  type ExperimentsManager,
  type ExperimentsManagerOptions,
} from "../../src/finetuning/index.ts";
import { createTracker } from "../../src/index.ts";
import type { Clock } from "../../src/runtime/ports/clock.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { hastyClock } from "../support/hasty-clock.ts";
import { testServer } from "../support/test-server.ts";

export interface Params {
  lr: number;
  layers?: number | number[];
  note?: string;
}
export type Model = { weights: number[] };
export type TestManager = ExperimentsManager<Params, Model>;

/** A server with programs that tune on it. */
export interface Place extends AsyncDisposable {
  readonly fetch: Fetch;
  readonly client: Client;
  /** Name of what is tuned, which nobody else tunes on this server. */
  readonly plugin: string;
  readonly notices: string[];
  tracker(fetch?: Fetch): Tracker;
  /** A manager as a program of its own has it. */
  manager(options?: Partial<ExperimentsManagerOptions<Params, Model>>, fetch?: Fetch): TestManager;
}

/** An embedded server of its own, with a clock that hurries. */
export async function place(clock: Clock = hastyClock(50)): Promise<Place> {
  const { trackingUri, fetch, close } = await testServer();
  return placeOn({ trackingUri, fetch, plugin: "digits", clock, close });
}

/** The same on any server. */
export function placeOn({
  trackingUri,
  fetch: direct,
  plugin,
  clock,
  close,
}: {
  readonly trackingUri: string;
  readonly fetch: Fetch;
  readonly plugin: string;
  readonly clock: Clock;
  readonly close: () => void;
}): Place {
  const notices: string[] = [];
  const trackers: Tracker[] = [];
  const tracker = (fetch: Fetch = direct): Tracker => {
    const made = createTracker({ trackingUri, fetch, onProblem: () => {}, runtime: { clock } });
    trackers.push(made);
    return made;
  };
  return {
    fetch: direct,
    client: createClient({ trackingUri, fetch: direct }),
    plugin,
    notices,
    tracker,
    manager: (options = {}, fetch) =>
      createExperimentsManager<Params, Model>({
        tracker: options.tracker ?? tracker(fetch),
        mainMetric: "loss",
        isLoss: true,
        pluginName: plugin,
        retry: { default: { base: 0 } },
        onNotice: (text) => void notices.push(text),
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(trackers.map((one) => one.close({ timeout: 1000 }).catch(() => {})));
      close();
    },
  };
}

/** A manager with an initial model. */
export async function begun(
  at: Place,
  options: Partial<ExperimentsManagerOptions<Params, Model>> = {},
): Promise<{ manager: TestManager; initial: string }> {
  const manager = at.manager(options);
  return { manager, initial: await manager.uploadInitialModel({ weights: [0] }) };
}

/** One run from its beginning to its end; its model is its quality. */
export async function train(manager: TestManager, params: Params, quality: number): Promise<string> {
  const { state, runId } = await manager.setRun(params);
  if (state !== "started" && state !== "resumed") return runId ?? state;
  manager.saveMetric({ name: "loss", value: quality + 1 });
  manager.saveMetric({ name: "loss", value: quality });
  await manager.saveModel({ weights: [quality] });
  await manager.finishRun();
  return runId;
}

/** All that the plugin has on the server, without ids and times. */
export async function stateOf({ client, plugin }: Place): Promise<object[]> {
  const experiments = await client.experiments.search({ view: "all" }).all();
  const state: object[] = [];
  for (const { name, experimentId, lifecycleStage } of experiments.filter((one) => one.name.startsWith(plugin))) {
    const runs = await client.runs.search({ experimentIds: [experimentId], view: "all" }).all();
    const rows = [];
    for (const { info, data } of runs) {
      const files: [path: string, text: string][] = [];
      const folders: (string | undefined)[] = [undefined];
      for (const folder of folders) {
        for (const { path, isDirectory } of await client.artifacts.list(info.runId, folder)) {
          if (isDirectory) folders.push(path);
          else files.push([path, await (await client.artifacts.download(info.runId, path)).text()]);
        }
      }
      const { metrics, params } = data;
      const attempt = data.tags["mlflow.tracklet.finetuning.attempt"] ?? "none";
      // What the manager says of the run; of its trainings only the one that counts.
      const tags = Object.entries(data.tags)
        .filter(([key]) => key.startsWith("mlflow.tracklet.finetuning.") && !key.endsWith(".attempt"))
        .filter(([key]) => !/\.(outcome|quality)\./.test(key) || key.endsWith(attempt))
        .map(([key, value]) => [key.replace(attempt, "ATTEMPT"), value])
        .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
      const stage = lifecycleStage === "deleted" ? "deleted" : info.lifecycleStage;
      rows.push({ name: info.runName, status: info.status, stage, metrics, params, tags, files });
    }
    rows.sort((a, b) => (a.name < b.name ? -1 : 1));
    state.push({ name: name.replace(/[0-9a-f]{32}/, "RUN"), lifecycleStage, rows });
  }
  return state.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
