import { toMetricPoint } from "./map/metric.ts";
import { PagePromise } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type { MetricPoint } from "./types/entities.ts";
import type { MetricHistoryQuery } from "./types/requests.ts";
import { metricsReply } from "./wire/replies.ts";

const path = "api/2.0/mlflow/metrics/get-history";

/** Metric histories: `/api/2.0/mlflow/metrics/...`. */
export class MetricsResource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Reads all values of a metric, ordered by timestamp, step and value. An unknown run or key has none. */
  history(query: MetricHistoryQuery, options?: CallOptions): PagePromise<MetricPoint> {
    // Without max_results MLflow 3.1 to 3.16 give nothing and a token that never advances.
    const { runId, key, maxResults = 25_000, pageToken } = query;
    const load = async (token: string | undefined) => {
      const search = { run_id: runId, metric_key: key, max_results: maxResults, page_token: token };
      const reply = await this.#transport.json({ method: "GET", path, query: search }, metricsReply, options);
      return { items: reply.metrics.map(toMetricPoint), nextPageToken: reply.next_page_token };
    };
    return new PagePromise(load, pageToken, { method: "GET", url: `${this.#transport.trackingUri}/${path}` });
  }
}
