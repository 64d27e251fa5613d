import { limits as mlflow } from "../client/limits.ts";
import type { RunData } from "../client/types/entities.ts";
import { NotFoundError } from "../errors/network-errors.ts";
import { isServerId } from "../tracker/run-id.ts";
import { runTagsOf } from "../tracker/run-tags.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { Limits, Requests } from "./requests.ts";
import { lastStep, ROLE } from "./run-facts.ts";

/** What is written to a run in one go. */
export interface RunChange {
  readonly params?: readonly { key: string; value: string }[];
  /** Marker metrics, each of which is put after what it was before. */
  readonly markers?: Readonly<Record<string, number>>;
  readonly points?: readonly { key: string; value: number; step: number }[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** Runs of a plugin on the server. */
export class RunStore {
  readonly #requests: Requests;
  readonly #tracker: Tracker;

  constructor(requests: Requests, tracker: Tracker) {
    this.#requests = requests;
    this.#tracker = tracker;
  }

  /** @param id Of the tracker or MLflow's. */
  get(id: string, limits: Limits): Promise<RunData> {
    return this.#requests.send("read", limits, (options) =>
      isServerId(id) ? this.#requests.client.runs.get(id, options) : this.#tracker.getRun(id, options),
    );
  }

  /** Undefined where there is none, or it is deleted. */
  async find(id: string, limits: Limits): Promise<RunData | undefined> {
    try {
      const run = await this.get(id, limits);
      return run.info.lifecycleStage === "active" ? run : undefined;
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** All active runs of an experiment. */
  all(experimentId: string, limits: Limits): Promise<RunData[]> {
    const query = { experimentIds: [experimentId] };
    return this.#requests.all(limits, (options) => this.#requests.client.runs.search(query, options));
  }

  /** The active run with that role, the first one that was made where several are; else one that is only called so. */
  async named(experimentId: string, role: string, limits: Limits): Promise<RunData | undefined> {
    const tagged = await this.#requests.send("read", limits, (options) => this.#first(experimentId, role, options));
    if (tagged !== undefined) return tagged;
    const query = { experimentIds: [experimentId], filter: `attributes.run_name = '${role}'` };
    const called = await this.#requests.all(limits, (options) => this.#requests.client.runs.search(query, options));
    return called.filter(({ data }) => data.tags[ROLE] === undefined).sort(oldestFirst)[0];
  }

  async #first(experimentId: string, role: string, options: object): Promise<RunData | undefined> {
    const query = { experimentIds: [experimentId], filter: `tags."${ROLE}" = '${role}'` };
    return (await this.#requests.client.runs.search(query, options).all()).sort(oldestFirst)[0];
  }

  /** The active run with that role, made where there is none; of several made at once the first one stays. */
  async ensure(experimentId: string, role: string, tags: Record<string, string>, limits: Limits): Promise<RunData> {
    const { client } = this.#requests;
    const all: Record<string, string> = { ...runTagsOf(this.#tracker), ...tags, [ROLE]: role };
    const user = all["mlflow.user"];
    const mine: string[] = [];
    const look = (options: object) => this.#first(experimentId, role, options);
    const first = await this.#requests.once("createRun", limits, look, async (options) => {
      const run = { experimentId, name: role, tags: all, ...(user !== undefined && { user }) };
      mine.push((await client.runs.create(run, options)).info.runId);
    });
    for (const runId of mine) {
      if (runId !== first.info.runId)
        await this.#requests.send("deleteRun", limits, (options) => client.runs.delete(runId, options));
    }
    return first;
  }

  /** Writes as many requests as MLflow needs; what is no parameter goes with the last one. */
  async write(
    run: RunData,
    { params = [], markers = {}, points = [], tags = {} }: RunChange,
    limits: Limits,
  ): Promise<void> {
    const { client, clock } = this.#requests;
    const timestamp = clock.now();
    const marks = Object.entries(markers).map(([key, value]) => ({ key, value, step: lastStep(run, key) + 1 }));
    const metrics = [...marks, ...points].map((point) => ({ ...point, timestamp }));
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

function oldestFirst(a: RunData, b: RunData): number {
  return a.info.startTime - b.info.startTime || (a.info.runId < b.info.runId ? -1 : 1);
}
