import type { Clock } from "../../src/runtime/ports/clock.ts";

/** A request as a fault sees it. */
export interface OracleCall {
  readonly method: string;
  /** Below `/api/2.0/`, such as `mlflow/runs/create`. */
  readonly path: string;
  /** Parsed JSON body or query. */
  readonly body: Record<string, unknown>;
  /** Number of this request, from 1. */
  readonly number: number;
}

/** What goes wrong with one request. */
export type OracleFault =
  /** The connection ends before or after the server acted. */
  | "drop-before"
  | "drop-after"
  /** The server gets the request twice. */
  | "twice"
  /** A login page with status 200. */
  | "html"
  | {
      readonly status: number;
      readonly errorCode?: string;
      readonly headers?: Record<string, string>;
      readonly act?: boolean;
      readonly text?: string;
    }
  /** The request takes a while; or the answer does. */
  | { readonly delay: number }
  | { readonly delayAnswer: number }
  /** The connection ends at once, and the server acts later. */
  | { readonly late: number };

export interface OracleRun {
  readonly id: string;
  readonly experimentId: string;
  name: string;
  status: string;
  startTime: number;
  endTime: number | undefined;
  deleted: boolean;
  readonly tags: Map<string, string>;
  readonly params: Map<string, string>;
  /** Distinct points: `key step timestamp value`. */
  readonly points: Set<string>;
  readonly inputs: Set<string>;
  readonly artifacts: Map<string, Uint8Array>;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
const invalid = (message: string): Refusal => new Refusal(400, "INVALID_PARAMETER_VALUE", message);
const missing = (message: string): Refusal => new Refusal(404, "RESOURCE_DOES_NOT_EXIST", message);

type Pair = { key: string; value: string };
type Point = { key: string; value: number | string; timestamp: number; step: number };
type Body = Record<string, unknown>;

/**
 * A small MLflow of plain maps that says what a queue delivered: points as a set, one value a param, the last tag.
 * Faults are asked for each request.
 */
export class OracleServer {
  readonly experiments: Map<string, { id: string; name: string; deleted: boolean }> = new Map();
  readonly runs: Map<string, OracleRun> = new Map();
  /** Every request that reached the server, in order. */
  readonly calls: OracleCall[] = [];
  /** Highest number of requests that were in flight at once. */
  parallel = 0;
  fault: (call: OracleCall) => OracleFault | undefined = () => undefined;
  /** Bytes of a body above which the answer is 413. */
  bodyLimit: number = Number.POSITIVE_INFINITY;
  /** `2.22`: a repeated point with NaN is refused, and so is the rest of its batch. */
  acts: "2.22" | "3.17" = "3.17";
  readonly #clock: Clock | undefined;
  #number = 0;
  #inFlight = 0;
  #ids = 0;

  constructor(clock?: Clock) {
    this.#clock = clock;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const path = url.pathname.replace(/^\/api\/2\.0\//, "");
    const raw = new Uint8Array(await request.arrayBuffer());
    const body = request.method === "PUT" ? {} : readBody(url, raw);
    const call = { method: request.method, path, body, number: ++this.#number };
    this.parallel = Math.max(this.parallel, ++this.#inFlight);
    try {
      const fault = this.fault(call);
      if (fault === "drop-before") throw new TypeError("fetch failed");
      if (fault === "html") return new Response("<html>Sign in</html>", { headers: { "content-type": "text/html" } });
      if (typeof fault === "object") {
        if ("delay" in fault) await wait(this.#clock, fault.delay, request.signal);
        if ("late" in fault) {
          this.#clock?.after(fault.late, () => void this.#answer(call, raw));
          throw new TypeError("fetch failed");
        }
        if ("status" in fault) {
          if (fault.act) this.#answer(call, raw);
          const text = fault.errorCode
            ? JSON.stringify({ error_code: fault.errorCode, message: "no" })
            : (fault.text ?? "<html>no</html>");
          return new Response(text, { status: fault.status, headers: fault.headers ?? {} });
        }
      }
      const response = this.#answer(call, raw);
      if (fault === "twice") return this.#answer(call, raw);
      if (fault === "drop-after") throw new TypeError("fetch failed");
      if (typeof fault === "object" && "delayAnswer" in fault)
        await wait(this.#clock, fault.delayAnswer, request.signal);
      return response;
    } finally {
      this.#inFlight--;
    }
  };

  /** The only run of that name. */
  named(name: string): OracleRun {
    const found = [...this.runs.values()].filter((run) => run.name === name);
    if (found.length !== 1) throw new Error(`Expected one run named ${name}: there are ${found.length}`);
    return found[0]!;
  }

  /** Names of requests that the server got, shortened, in order; of a batch with the lists that are not empty. */
  trace(): string[] {
    return this.calls.map(({ path, body }) => {
      const name = path.replace(/^mlflow\//, "").replace(/^mlflow-artifacts\/artifacts\/.*/, "artifact");
      const lists = ["metrics", "params", "tags"].filter((list) => (body[list] as unknown[] | undefined)?.length);
      return name === "runs/log-batch" ? `${name} ${lists}` : name;
    });
  }

  #answer(call: OracleCall, raw: Uint8Array): Response {
    this.calls.push(call);
    try {
      if (raw.length > this.bodyLimit) return new Response("<html>413</html>", { status: 413 });
      if (call.method === "PUT") return this.#put(call.path, raw);
      return Response.json(this.#route(call.path, call.body));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return Response.json({ error_code: error.code, message: error.message }, { status: error.status });
    }
  }

  #put(path: string, raw: Uint8Array): Response {
    const [, , , runId, , ...rest] = path.split("/");
    // As the real routes do: they accept runs that do not exist.
    this.runs.get(runId ?? "")?.artifacts.set(decodeURIComponent(rest.join("/")), raw);
    return new Response(null);
  }

  #route(path: string, body: Body): object {
    switch (path) {
      case "mlflow/experiments/get-by-name": {
        const found = [...this.experiments.values()].find(({ name }) => name === body.experiment_name);
        if (!found) throw missing("no such experiment");
        return { experiment: experimentWire(found) };
      }
      case "mlflow/experiments/get": {
        const found = this.experiments.get(String(body.experiment_id));
        if (!found) throw missing("no such experiment");
        return { experiment: experimentWire(found) };
      }
      case "mlflow/experiments/create": {
        const name = String(body.name);
        if ([...this.experiments.values()].some((other) => other.name === name)) {
          throw new Refusal(400, "RESOURCE_ALREADY_EXISTS", "it exists");
        }
        const id = String(this.experiments.size + 1);
        this.experiments.set(id, { id, name, deleted: false });
        return { experiment_id: id };
      }
      case "mlflow/runs/create":
        return { run: this.#wire(this.#create(body)) };
      case "mlflow/runs/search": {
        const ids = body.experiment_ids as string[];
        const [, key = "", value = ""] = /^tags\.`(.+)` = '(.+)'$/.exec(String(body.filter)) ?? [];
        const found = [...this.runs.values()].filter(
          (run) =>
            ids.includes(run.experimentId) &&
            run.tags.get(key) === value &&
            (body.run_view_type === "ALL" || !run.deleted),
        );
        return { runs: found.map((run) => this.#wire(run)) };
      }
      case "mlflow/metrics/get-history": {
        const points = [...(this.runs.get(String(body.run_id))?.points ?? [])].map((text) => JSON.parse(text));
        return {
          metrics: points
            .filter(([key]) => key === body.metric_key)
            .map(([key, step, timestamp, value]) => ({
              key,
              step,
              timestamp,
              value: value === "NaN" ? value : Number(value),
            })),
        };
      }
    }
    const run = this.runs.get(String(body.run_id));
    if (!run) throw missing("no such run");
    if (path === "mlflow/runs/get") return { run: this.#wire(run) };
    if (path === "mlflow/artifacts/list") return this.#list(run, String(body.path ?? ""));
    if (run.deleted) throw invalid("The run must be in the 'active' state");
    switch (path) {
      case "mlflow/runs/update":
        if (body.status !== undefined) run.status = String(body.status);
        if (body.end_time !== undefined) run.endTime = Number(body.end_time);
        if (body.run_name) run.name = String(body.run_name);
        return { run_info: (this.#wire(run) as { info: object }).info };
      case "mlflow/runs/delete":
        run.deleted = true;
        return {};
      case "mlflow/runs/set-tag":
        run.tags.set(String(body.key), String(body.value));
        return {};
      case "mlflow/runs/delete-tag":
        if (!run.tags.delete(String(body.key))) throw missing("no such tag");
        return {};
      case "mlflow/runs/log-batch":
        this.#batch(run, body);
        return {};
      case "mlflow/runs/log-inputs":
        for (const { dataset } of body.datasets as { dataset: { name: string; digest: string } }[]) {
          run.inputs.add(`${dataset.name} ${dataset.digest}`);
        }
        return {};
    }
    throw new Refusal(404, "ENDPOINT_NOT_FOUND", path);
  }

  #create(body: Body): OracleRun {
    const experimentId = String(body.experiment_id);
    const experiment = this.experiments.get(experimentId);
    if (!experiment) throw missing("no such experiment");
    if (experiment.deleted) throw invalid("The experiment must be in the 'active' state");
    const tags = (body.tags ?? []) as Pair[];
    for (const { key } of tags) checkKey(key);
    const id = (++this.#ids).toString(16).padStart(32, "0");
    const run: OracleRun = {
      id,
      experimentId,
      name: String(body.run_name ?? "generated"),
      status: "RUNNING",
      startTime: Number(body.start_time),
      endTime: undefined,
      deleted: false,
      tags: new Map(tags.map(({ key, value }) => [key, value])),
      params: new Map(),
      points: new Set(),
      inputs: new Set(),
      artifacts: new Map(),
    };
    this.runs.set(id, run);
    return run;
  }

  #batch(run: OracleRun, body: Body): void {
    const metrics = (body.metrics ?? []) as Point[];
    const params = (body.params ?? []) as Pair[];
    const tags = (body.tags ?? []) as Pair[];
    if (metrics.length > 1000 || params.length > 100 || tags.length > 100) throw invalid("too many");
    for (const { key } of [...metrics, ...params, ...tags]) checkKey(key);
    for (const [n, { key, value }] of params.entries()) {
      if (params.findIndex((other) => other.key === key) !== n) throw invalid("duplicate param");
      if ((run.params.get(key) ?? value) !== value) throw invalid(`Changing param values is not allowed: ${key}`);
    }
    const rows = metrics.map(({ key, value, timestamp, step }) =>
      JSON.stringify([key, step, timestamp, String(value)]),
    );
    if (this.acts === "2.22" && metrics.some(({ value }, n) => value === "NaN" && run.points.has(rows[n]!))) {
      throw new Refusal(400, "BAD_REQUEST", "(sqlite3.IntegrityError) UNIQUE constraint failed");
    }
    for (const { key, value } of params) run.params.set(key, value);
    for (const row of rows) run.points.add(row);
    for (const { key, value } of tags) run.tags.set(key, value);
  }

  #list(run: OracleRun, directory: string): object {
    const prefix = directory === "" ? "" : `${directory}/`;
    const files = [...run.artifacts]
      .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes("/"))
      .map(([path, { length }]) => ({ path, is_dir: false, ...(length > 0 && { file_size: length }) }));
    return { root_uri: artifactUri(run), ...(files.length > 0 && { files }) };
  }

  #wire(run: OracleRun): object {
    const pairs = (map: Map<string, string>): Pair[] => [...map].map(([key, value]) => ({ key, value }));
    const latest = new Map<string, Point>();
    for (const [key, step, timestamp, value] of [...run.points].map((text) => JSON.parse(text))) {
      latest.set(key, { key, step, timestamp, value: value === "NaN" ? value : Number(value) });
    }
    return {
      info: {
        run_id: run.id,
        run_uuid: run.id,
        experiment_id: run.experimentId,
        run_name: run.name,
        user_id: "",
        status: run.status,
        start_time: run.startTime,
        ...(run.endTime !== undefined && { end_time: run.endTime }),
        artifact_uri: artifactUri(run),
        lifecycle_stage: run.deleted ? "deleted" : "active",
      },
      data: { metrics: [...latest.values()], params: pairs(run.params), tags: pairs(run.tags) },
      inputs: {
        dataset_inputs: [...run.inputs].map((text) => {
          const [name, digest] = text.split(" ");
          return { dataset: { name, digest, source_type: "local", source: "{}" }, tags: [] };
        }),
      },
    };
  }
}

function artifactUri(run: OracleRun): string {
  return `mlflow-artifacts:/${run.experimentId}/${run.id}/artifacts`;
}

function experimentWire({ id, name, deleted }: { id: string; name: string; deleted: boolean }): object {
  return {
    experiment_id: id,
    name,
    artifact_location: `mlflow-artifacts:/${id}`,
    lifecycle_stage: deleted ? "deleted" : "active",
    creation_time: 0,
    last_update_time: 0,
  };
}

function checkKey(key: string): void {
  if (key.includes("!")) throw invalid(`Invalid key: ${key}`);
}

function readBody(url: URL, raw: Uint8Array): Body {
  if (raw.length > 0) return JSON.parse(new TextDecoder().decode(raw)) as Body;
  return Object.fromEntries(url.searchParams);
}

function wait(clock: Clock | undefined, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock?.after(ms, resolve);
    signal.addEventListener("abort", () => {
      timer?.cancel();
      reject(signal.reason);
    });
  });
}
