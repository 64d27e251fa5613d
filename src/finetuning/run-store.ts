import { limits as mlflow } from "../client/limits.ts";
import type { RunData } from "../client/types/entities.ts";
import { NotFoundError } from "../errors/network-errors.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import { systemTags } from "../tracker/system-tags.ts";
import type { Limits, Requests } from "./requests.ts";
import { nextStep } from "./run-facts.ts";

/** Runs of a plugin on the server. */
export class RunStore {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  get(runId: string, limits: Limits): Promise<RunData> {
    return this.#requests.send("read", limits, (options) => this.#requests.client.runs.get(runId, options));
  }

  /** Undefined where there is none, or it is deleted. */
  async find(runId: string, limits: Limits): Promise<RunData | undefined> {
    try {
      const run = await this.get(runId, limits);
      return run.info.lifecycleStage === "active" ? run : undefined;
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** All active runs of an experiment. */
  all(experimentId: string, limits: Limits): Promise<RunData[]> {
    const query = { experimentIds: [experimentId] };
    return this.#requests.send("read", limits, (options) => this.#requests.client.runs.search(query, options).all());
  }

  /** The active run of that name, the first one that was made where several are. */
  named(experimentId: string, name: string, limits: Limits): Promise<RunData | undefined> {
    return this.#requests.send(
      "read",
      limits,
      async (options) => (await this.#allNamed(experimentId, name, options))[0],
    );
  }

  async #allNamed(experimentId: string, name: string, options: object): Promise<RunData[]> {
    const query = { experimentIds: [experimentId], filter: `attributes.run_name = '${name}'` };
    const runs = await this.#requests.client.runs.search(query, options).all();
    return runs.sort((a, b) => a.info.startTime - b.info.startTime || (a.info.runId < b.info.runId ? -1 : 1));
  }

  /** The active run of that name, made where there is none; of several made at once the first one stays. */
  async ensure(experimentId: string, name: string, tags: Record<string, string>, limits: Limits): Promise<RunData> {
    const { client } = this.#requests;
    const platform = defaultRuntime();
    const all = { ...systemTags(platform, platform.environment.user()), ...tags };
    const mine: string[] = [];
    const look = async (options: object) => (await this.#allNamed(experimentId, name, options))[0];
    const first = await this.#requests.once("createRun", limits, look, async (options) => {
      mine.push((await client.runs.create({ experimentId, name, tags: all }, options)).info.runId);
    });
    for (const runId of mine) {
      if (runId !== first.info.runId)
        await this.#requests.send("deleteRun", limits, (options) => client.runs.delete(runId, options));
    }
    return first;
  }

  /** Writes params and marker metrics, each marker after what it was before; as many requests as MLflow needs. */
  async write(
    run: RunData,
    {
      params = [],
      markers = {},
      tags = {},
    }: {
      params?: readonly { key: string; value: string }[];
      markers?: Readonly<Record<string, number>>;
      tags?: Readonly<Record<string, string>>;
    },
    limits: Limits,
  ): Promise<void> {
    const { client, clock } = this.#requests;
    const timestamp = clock.now();
    const metrics = Object.entries(markers).map(([key, value]) => ({
      key,
      value,
      timestamp,
      step: nextStep(run, key),
    }));
    const tagPairs = Object.entries(tags).map(([key, value]) => ({ key, value }));
    for (let at = 0; at === 0 || at < params.length; at += mlflow.paramsPerBatch) {
      const last = at + mlflow.paramsPerBatch >= params.length;
      const batch = {
        runId: run.info.runId,
        params: params.slice(at, at + mlflow.paramsPerBatch),
        ...(last && { metrics, tags: tagPairs }),
      };
      await this.#requests.send("write", limits, (options) => client.runs.logBatch(batch, options));
    }
  }

  end(runId: string, status: "FINISHED" | "FAILED", limits: Limits): Promise<unknown> {
    const change = { status, endTime: this.#requests.clock.now() };
    return this.#requests.send("write", limits, (options) => this.#requests.client.runs.update(runId, change, options));
  }
}
