/** A run as the server tells it over REST, read past everything of ours. */
export interface ServerRun {
  readonly info: {
    readonly run_id: string;
    readonly experiment_id: string;
    readonly run_name: string;
    readonly status: string;
    readonly lifecycle_stage: string;
  };
  readonly tags: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  /** Keys that have points. */
  readonly keys: readonly string[];
  /** `name digest` of its datasets. */
  readonly inputs: readonly string[];
}

type Pairs = readonly { readonly key: string; readonly value?: string }[] | undefined;
interface WireRun {
  readonly info: ServerRun["info"];
  readonly data?: { readonly metrics?: Pairs; readonly params?: Pairs; readonly tags?: Pairs };
  readonly inputs?: { readonly dataset_inputs?: readonly { readonly dataset: { name: string; digest: string } }[] };
}

/** Reads a server by plain requests: what tests count is the server's word, not the client's. */
export class ServerReader {
  readonly #trackingUri: string;
  readonly #fetch: (request: Request) => Promise<Response>;

  constructor(trackingUri: string, send: (request: Request) => Promise<Response> = (request) => fetch(request)) {
    this.#trackingUri = trackingUri;
    this.#fetch = send;
  }

  /** Sends a request to `/api/2.0/mlflow/<path>`, GET without a body; rejects unless the answer is 200. */
  async call<T>(path: string, body?: object): Promise<T> {
    const headers = { "content-type": "application/json" };
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers };
    const response = await this.#fetch(new Request(`${this.#trackingUri}/api/2.0/mlflow/${path}`, init));
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Ids of all experiments of that name. */
  async experiments(name: string): Promise<string[]> {
    const found = await this.call<{ experiments?: { experiment_id: string; name: string }[] }>("experiments/search", {
      max_results: 50_000,
      view_type: "ALL",
    });
    return (found.experiments ?? []).filter((one) => one.name === name).map((one) => one.experiment_id);
  }

  /** All runs of an experiment, deleted ones included, by name. */
  async runs(experiment: string): Promise<ServerRun[]> {
    const experiment_ids = await this.experiments(experiment);
    if (experiment_ids.length === 0) return [];
    const found = await this.call<{ runs?: WireRun[] }>("runs/search", {
      experiment_ids,
      run_view_type: "ALL",
      max_results: 1_000,
      order_by: ["run_name"],
    });
    return (found.runs ?? []).map(toRun);
  }

  async run(runId: string): Promise<ServerRun> {
    return toRun((await this.call<{ run: WireRun }>(`runs/get?run_id=${runId}`)).run);
  }

  /** Every row of a metric, as `step timestamp value`; no two are equal unless the server has two. */
  async points(runId: string, key: string): Promise<string[]> {
    const rows: string[] = [];
    for (let token = ""; ; ) {
      const query = new URLSearchParams({ run_id: runId, metric_key: key, max_results: "25000", page_token: token });
      if (token === "") query.delete("page_token");
      const page = await this.call<{
        metrics?: { step?: number; timestamp: number; value: number | string }[];
        next_page_token?: string;
      }>(`metrics/get-history?${query}`);
      for (const { step = 0, timestamp, value } of page.metrics ?? []) rows.push(`${step} ${timestamp} ${value}`);
      if (!page.next_page_token) return rows;
      token = page.next_page_token;
    }
  }

  /** Bytes of an artifact; undefined when there is none. */
  async artifact({ info }: ServerRun, path: string): Promise<string | undefined> {
    const { experiment_id, run_id } = info;
    const at = `${this.#trackingUri}/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/${path}`;
    const response = await this.#fetch(new Request(at));
    const text = await response.text();
    return response.ok ? text : undefined;
  }
}

function toRun({ info, data, inputs }: WireRun): ServerRun {
  return {
    info,
    tags: record(data?.tags),
    params: record(data?.params),
    keys: (data?.metrics ?? []).map(({ key }) => key),
    inputs: (inputs?.dataset_inputs ?? []).map(({ dataset }) => `${dataset.name} ${dataset.digest}`),
  };
}

function record(pairs: Pairs): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ key, value = "" }) => [key, value]));
}
