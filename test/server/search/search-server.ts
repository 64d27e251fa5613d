import { testServer } from "../../support/test-server.ts";

/** A run to make for a search test. */
export interface SearchedRun {
  readonly name: string;
  readonly startTime?: number;
  readonly metrics?: Readonly<Record<string, number | string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What a search answered. */
export interface SearchAnswer {
  readonly status: number;
  readonly names: string[];
  readonly errorCode: string | undefined;
  readonly message: string;
  readonly token: string | undefined;
  readonly text: string;
}

/** An embedded server with one experiment, asked over its API. */
export interface SearchServer {
  readonly experimentId: string;
  post(route: string, fields: object): Promise<{ status: number; text: string; body: Record<string, unknown> }>;
  /** Makes runs one by one; gives their ids by name. */
  make(runs: readonly SearchedRun[]): Promise<Record<string, string>>;
  search(fields: object): Promise<SearchAnswer>;
  close(): void;
}

/** Starts one. */
export async function searchServer(): Promise<SearchServer> {
  const server = await testServer();
  const post: SearchServer["post"] = async (route, fields) => {
    const request = new Request(`${server.trackingUri}/api/2.0/mlflow/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fields),
    });
    const response = await server.fetch(request);
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) as Record<string, unknown> };
  };
  const experimentId = String((await post("experiments/create", { name: "searched" })).body["experiment_id"]);
  return {
    experimentId,
    post,
    async make(runs) {
      const ids: Record<string, string> = {};
      for (const { name, startTime = 1_700_000_000_000, metrics = {}, params = {}, tags = {} } of runs) {
        const made = await post("runs/create", { experiment_id: experimentId, run_name: name, start_time: startTime });
        const run_id = (made.body["run"] as { info: { run_id: string } }).info.run_id;
        ids[name] = run_id;
        const logged = await post("runs/log-batch", {
          run_id,
          metrics: Object.entries(metrics).map(([key, value]) => ({
            key,
            value,
            timestamp: 1_700_000_000_000,
            step: 0,
          })),
          params: Object.entries(params).map(([key, value]) => ({ key, value })),
          tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        });
        if (logged.status !== 200) throw new Error(logged.text);
      }
      return ids;
    },
    async search(fields) {
      const { status, text, body } = await post("runs/search", { experiment_ids: [experimentId], ...fields });
      const runs = (body["runs"] ?? []) as { info: { run_name: string } }[];
      return {
        status,
        text,
        names: runs.map(({ info }) => info.run_name),
        errorCode: body["error_code"] as string | undefined,
        message: String(body["message"] ?? ""),
        token: body["next_page_token"] as string | undefined,
      };
    },
    close: () => server.close(),
  };
}
