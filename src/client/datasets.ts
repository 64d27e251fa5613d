import type { Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type { DatasetSummary } from "./types/logged-models.ts";
import { datasetSummariesReply } from "./wire/logged-models.ts";

/** Datasets that runs used. They are logged by `runs.logInputs()`, or by `run.logInput()`, which goes through the queue. */
export class DatasetsResource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Lists the datasets that the runs of some experiments used, at most 1,000, once for each context:
   * `POST /ajax-api/2.0/mlflow/experiments/search-datasets`, which is the route of MLflow's own page.
   *
   * @param experimentIds 1 to 20 ids of experiments.
   *
   * @example
   * ```ts
   * import { createClient } from "tracklet/client";
   *
   * const client = createClient({ trackingUri: "http://localhost:5000" });
   * for (const { name, digest, context } of await client.datasets.search(["0"])) console.log(name, digest, context);
   * ```
   */
  async search(experimentIds: readonly string[], options?: CallOptions): Promise<DatasetSummary[]> {
    const path = "ajax-api/2.0/mlflow/experiments/search-datasets";
    const request = { method: "POST", path, json: { experiment_ids: experimentIds }, idempotent: true } as const;
    const reply = await this.#transport.json(request, datasetSummariesReply, options);
    return reply.dataset_summaries.map(({ experiment_id: experimentId, name, digest, context }) => {
      return { experimentId, name, digest, context };
    });
  }
}
