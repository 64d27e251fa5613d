import { NotFoundError } from "../errors/network-errors.ts";
import { toExperiment } from "./map/experiment.ts";
import { toPairs } from "./map/pairs.ts";
import { fromViewType } from "./map/view-type.ts";
import { PagePromise } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type { Experiment } from "./types/entities.ts";
import type { NewExperiment, SearchExperimentsQuery } from "./types/requests.ts";
import { doneReply, experimentIdReply, experimentReply, experimentsReply } from "./wire/replies.ts";

const root = "api/2.0/mlflow/experiments";

/** Experiments: `/api/2.0/mlflow/experiments/...`. Its writes go straight to the server and skip the queue. */
export class ExperimentsResource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Creates an experiment.
   *
   * @returns Its id.
   * @throws AlreadyExistsError when the name is taken, also by a deleted experiment.
   */
  async create(experiment: NewExperiment, options?: CallOptions): Promise<string> {
    const { name, artifactLocation, tags } = experiment;
    const json = { name, artifact_location: artifactLocation, tags: toPairs(tags) };
    const path = `${root}/create`;
    const reply = await this.#transport.json({ method: "POST", path, json }, experimentIdReply, options);
    return reply.experiment_id;
  }

  /** Gets an experiment by its id, also a deleted one. */
  async get(experimentId: string, options?: CallOptions): Promise<Experiment> {
    return this.#get(`${root}/get`, { experiment_id: experimentId }, options);
  }

  /** Gets an experiment by its name, also a deleted one; undefined when there is none. */
  async getByName(name: string, options?: CallOptions): Promise<Experiment | undefined> {
    try {
      return await this.#get(`${root}/get-by-name`, { experiment_name: name }, options);
    } catch (error) {
      // A 404 without MLflow's code comes from something that is no MLflow server.
      if (error instanceof NotFoundError && error.errorCode === "RESOURCE_DOES_NOT_EXIST") return undefined;
      throw error;
    }
  }

  /** Searches experiments, newest first by default. */
  search(query: SearchExperimentsQuery = {}, options?: CallOptions): PagePromise<Experiment> {
    const { filter, orderBy, view, maxResults = 1000, pageToken } = query;
    const path = `${root}/search`;
    const json = {
      filter,
      order_by: typeof orderBy === "string" ? [orderBy] : orderBy,
      view_type: fromViewType(view),
      max_results: maxResults,
    };
    const load = async (token: string | undefined) => {
      const request = { method: "POST", path, json: { ...json, page_token: token }, idempotent: true } as const;
      const reply = await this.#transport.json(request, experimentsReply, options);
      return { items: reply.experiments.map(toExperiment), nextPageToken: reply.next_page_token };
    };
    return new PagePromise(load, pageToken, { method: "POST", url: `${this.#transport.trackingUri}/${path}` });
  }

  /** Renames an experiment. */
  async update(experimentId: string, change: { readonly name: string }, options?: CallOptions): Promise<void> {
    await this.#post("update", { experiment_id: experimentId, new_name: change.name }, false, options);
  }

  /** Marks an experiment and its runs as deleted. A second time it is a NotFoundError. */
  async delete(experimentId: string, options?: CallOptions): Promise<void> {
    await this.#post("delete", { experiment_id: experimentId }, false, options);
  }

  /** Makes a deleted experiment active again. */
  async restore(experimentId: string, options?: CallOptions): Promise<void> {
    await this.#post("restore", { experiment_id: experimentId }, false, options);
  }

  /** Sets a tag of an experiment. */
  async setTag(experimentId: string, key: string, value: string, options?: CallOptions): Promise<void> {
    await this.#post("set-experiment-tag", { experiment_id: experimentId, key, value }, true, options);
  }

  /** Deletes a tag of an experiment (MLflow 3). An absent one is a NotFoundError. */
  async deleteTag(experimentId: string, key: string, options?: CallOptions): Promise<void> {
    await this.#post("delete-experiment-tag", { experiment_id: experimentId, key }, false, options);
  }

  async #get(path: string, query: Record<string, string>, options: CallOptions | undefined): Promise<Experiment> {
    const reply = await this.#transport.json({ method: "GET", path, query }, experimentReply, options);
    return toExperiment(reply.experiment);
  }

  async #post(action: string, json: object, idempotent: boolean, options: CallOptions | undefined): Promise<void> {
    await this.#transport.json({ method: "POST", path: `${root}/${action}`, json, idempotent }, doneReply, options);
  }
}
