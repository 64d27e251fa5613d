import { testServer } from "../../support/test-server.ts";

/** An answer, parsed; `body` is undefined when it is not JSON. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
}

/** An embedded server with short ways to ask it. Paths are below `/api/2.0/mlflow/` unless they start with a slash. */
export interface Api {
  readonly fetch: (request: Request) => Promise<Response>;
  get(path: string, query?: Record<string, string | number | readonly string[]>): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  send(path: string, init: RequestInit): Promise<Answer>;
  /** Makes an experiment or a run and gives its id. */
  experiment(name?: string): Promise<string>;
  run(experimentId?: string): Promise<string>;
  close(): void;
}

/** Starts an embedded server of the test's own, or wraps one. */
export async function testApi(
  given?: { fetch: (request: Request) => Promise<Response>; close(): void } | { artifactRoot: string },
): Promise<Api> {
  const server = given !== undefined && "fetch" in given ? given : await testServer(given);
  let names = 0;
  const api: Api = {
    fetch: server.fetch,
    async send(path, init) {
      const target = path.startsWith("/") ? path : `/api/2.0/mlflow/${path}`;
      const response = await server.fetch(new Request(`http://localhost:5000${target}`, init));
      const text = await response.text();
      const json = response.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
      return { status: response.status, text, headers: response.headers, body: json ? JSON.parse(text) : undefined };
    },
    get(path, query = {}) {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) {
        for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item));
      }
      return api.send(search.size === 0 ? path : `${path}?${search}`, { method: "GET" });
    },
    post: (path, body) =>
      api.send(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    experiment: async (name = `experiment ${names++}`) =>
      (await api.post("experiments/create", { name })).body.experiment_id,
    run: async (experimentId = "0") =>
      (await api.post("runs/create", { experiment_id: experimentId })).body.run.info.run_id,
    close: () => server.close(),
  };
  return api;
}

/** Runs `use` with a server that is closed afterwards. */
export async function withApi<T>(use: (api: Api) => Promise<T>): Promise<T> {
  const api = await testApi();
  try {
    return await use(api);
  } finally {
    api.close();
  }
}
