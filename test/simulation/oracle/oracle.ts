import { Crash, type Json, parseJson, writeJson } from "./message.ts";
import { invalid, missing, Refusal, required } from "./rules.ts";
import { changeRun, changeTag, copyState, type OracleRun, type OracleState, runAt } from "./state.ts";
import { artifactUri, experimentWire, pointWire, runInfoWire, runWire } from "./wire.ts";
import { type Acts, historyOf } from "./write-metrics.ts";
import { changeModel, logOutputs, modelOf, modelRoot, modelWire, newModel, searchModels } from "./models.ts";
import { logBatch, logInputs, logMetric, logParam, newRun, setTag, updateRun } from "./write-runs.ts";

/** A request as it arrives. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: Uint8Array<ArrayBuffer> | string;
  /** The body, when it was parsed before. */
  readonly json?: { readonly [member: string]: Json };
}

/** An answer. */
export interface WireReply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

type Body = { readonly [member: string]: Json };
const API = "/api/2.0/mlflow/";
const INFO = "/api/3.0/mlflow/server-info";
const FILES = "/api/2.0/mlflow-artifacts/artifacts/";

/** A small MLflow of plain maps, written apart from the embedded server, so that both cannot share one wrong idea. */
export class Oracle {
  readonly acts: Acts;
  state: OracleState = { experiments: new Map(), runs: new Map(), models: new Map() };
  /** Files by their path below the artifact root. */
  readonly files: Map<string, Uint8Array> = new Map();
  readonly #now: () => number;
  readonly #newId: () => string;
  /** Time of the view that reads are answered from. */
  #view = Number.POSITIVE_INFINITY;

  /** `now` in milliseconds; `newId` gives 32 hex digits. */
  constructor(acts: Acts, now: () => number, newId: () => string) {
    this.acts = acts;
    this.#now = now;
    this.#newId = newId;
  }

  /** Answers a request; reads as a replica does that is `lag` ms behind. */
  handle(request: WireRequest, lag = 0): WireReply {
    this.#view = lag > 0 ? this.#now() - lag : Number.POSITIVE_INFINITY;
    const [path = "", query = ""] = request.path.split("?");
    try {
      if (path.startsWith(FILES))
        return this.#file(request.method, decodeURIComponent(path.slice(FILES.length)), bytesOf(request.body));
      if (path === INFO && this.acts !== "2.22")
        return json(200, { store_type: "SqlStore", workspaces_enabled: false });
      if (path === "/version") return { status: 200, type: "text/html; charset=utf-8", text: `${this.acts}.0` };
      if (!path.startsWith(API)) return html(404, "404 Not Found");
      const route = path.slice(API.length);
      const isNew = route.startsWith("logged-models") || route === "runs/outputs";
      if (isNew && this.acts === "2.22") return html(404, "404 Not Found");
      const body = this.#body(query, request);
      if (route.startsWith("logged-models")) return json(200, this.#model(request.method, route, body));
      return json(200, this.#route(route, body));
    } catch (error) {
      if (error instanceof Refusal) return json(error.status, { error_code: error.code, message: error.message });
      if (error instanceof Crash) return html(500, "500 Internal Server Error");
      throw error;
    }
  }

  backup(): OracleState {
    return copyState(this.state);
  }

  restore(state: OracleState): void {
    this.state = copyState(state);
  }

  #body(query: string, { body, json: known }: WireRequest): Body {
    if (known) return known;
    if (body.length === 0) return Object.fromEntries(new URLSearchParams(query));
    const parsed = parseJson(typeof body === "string" ? body : new TextDecoder().decode(body));
    if (parsed === undefined || typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return {};
    return parsed as Body;
  }

  #file(method: string, path: string, body: Uint8Array<ArrayBuffer>): WireReply {
    if (method !== "PUT") return html(405, "405 Method Not Allowed");
    // As the real routes do: they take files of runs that do not exist.
    this.files.set(path, body);
    return { status: 200, type: "", text: this.acts === "2.22" ? "{}" : "" };
  }

  #route(path: string, body: Body): object {
    const now = this.#now();
    switch (path) {
      case "experiments/create":
        required(body, "name");
        return { experiment_id: this.#createExperiment(String(body["name"] ?? "")) };
      case "experiments/get-by-name": {
        const found = [...this.state.experiments.values()].find(({ name }) => name === body["experiment_name"]);
        if (!found) throw missing("no such experiment");
        return { experiment: experimentWire(found, now) };
      }
      case "experiments/get":
        return { experiment: experimentWire(this.#experiment(String(body["experiment_id"])), now) };
      case "runs/create": {
        const { run, experimentId } = newRun(body, this.#newId(), now);
        if (this.#experiment(experimentId ?? "").deleted) throw invalid("The experiment must be in the 'active' state");
        this.state.runs.set(run.id, run);
        return { run: runWire(run) };
      }
      case "runs/search":
        return this.#search(body);
      case "runs/get":
        return { run: this.#wire(this.#seen(body)) };
      case "metrics/get-history":
        return this.#history(body);
      case "artifacts/list":
        return this.#list(this.#run(body), String(body["path"] ?? ""));
      case "runs/log-batch":
        // A body that cannot be read is an empty one.
        if (Object.keys(body).length === 0) throw new Crash();
        required(body, "run_id");
        logBatch(() => this.#active(body), body, now, this.acts, this.state);
        return {};
      case "runs/log-metric":
        this.#run(body);
        logMetric(this.#active(body), body, now, this.acts);
        return {};
      case "runs/log-parameter":
        logParam(this.#active(body), body, now);
        return {};
      case "runs/set-tag":
        setTag(this.#active(body), body, now);
        return {};
      case "runs/delete-tag": {
        const run = this.#active(body);
        required(body, "key");
        if (!run.tags.has(String(body["key"]))) throw missing("no such tag");
        changeTag(run, now, String(body["key"]), undefined);
        return {};
      }
      case "runs/log-inputs":
        logInputs(this.#active(body), body, now);
        return {};
      case "runs/outputs":
        logOutputs(this.#active(body), body, now);
        return {};
      case "experiments/search":
        return { experiments: [...this.state.experiments.values()].map((found) => experimentWire(found, now)) };
      case "runs/update": {
        const run = this.#active(body);
        updateRun(run, body, now);
        return { run_info: runInfoWire(run) };
      }
      case "runs/delete":
      case "runs/restore":
        changeRun(this.#run(body), now, { deleted: path === "runs/delete" });
        return {};
    }
    throw new Refusal(404, "ENDPOINT_NOT_FOUND", path);
  }

  #model(method: string, path: string, body: Body): object {
    const [, id, below = ""] = path.split("/");
    const view = this.#view;
    if (id === "search") return { models: searchModels(this.state, body, view).map((model) => modelWire(model, view)) };
    if (id === undefined) {
      required(body, "experiment_id");
      const model = newModel(body, this.#newId(), this.#now());
      if (this.#experiment(model.experimentId).deleted) throw invalid("The experiment must be in the 'active' state");
      this.state.models.set(model.id, model);
      return { model: modelWire(model, view) };
    }
    const model = modelOf(this.state, id, view, method !== "GET" && below === "");
    if (below === "artifacts") return this.#files(modelRoot(model), String(body["artifact_directory_path"] ?? ""));
    if (method !== "GET") changeModel(model, method, below, body);
    return below === "tags" || method === "DELETE" ? {} : { model: modelWire(model, view) };
  }

  #createExperiment(name: string): string {
    const { experiments } = this.state;
    if ([...experiments.values()].some((other) => other.name === name)) {
      throw new Refusal(400, "RESOURCE_ALREADY_EXISTS", "it exists");
    }
    const id = String(experiments.size + 1);
    experiments.set(id, { id, name, deleted: false });
    return id;
  }

  #experiment(id: string): { name: string; id: string; deleted: boolean } {
    const found = this.state.experiments.get(id);
    if (!found) throw missing(`No Experiment with id=${id} exists`);
    return found;
  }

  #run(body: Body): OracleRun {
    const id = body["run_id"] ?? body["run_uuid"];
    if (id === undefined || id === "") throw invalid("Missing value for required parameter 'run_id'");
    const run = this.state.runs.get(String(id));
    if (!run) throw missing(`Run with id=${String(id)} not found`);
    return run;
  }

  /** As the view of this request shows it. */
  #seen(body: Body): OracleRun {
    const run = runAt(this.#run(body), this.#view);
    if (!run) throw missing("Run not found");
    return run;
  }

  #active(body: Body): OracleRun {
    const run = this.#run(body);
    if (run.deleted) throw invalid(`The run ${run.id} must be in the 'active' state. Current state is deleted.`);
    return run;
  }

  #wire(run: OracleRun): object {
    if (this.acts === "2.22") return runWire(run);
    const models = [...run.outputs].filter(([, { at }]) => at <= this.#view);
    const outputs = models.map(([id, { step }]) => ({ model_id: id, step }));
    return { ...runWire(run), outputs: outputs.length > 0 ? { model_outputs: outputs } : {} };
  }

  #search(body: Body): object {
    const ids = (body["experiment_ids"] ?? []) as readonly string[];
    const [, quoted, plain, value] = /^tags\.(?:`(.+)`|(\S+)) = '(.*)'$/.exec(String(body["filter"] ?? "")) ?? [];
    const view = body["run_view_type"] ?? "ACTIVE_ONLY";
    const runs: OracleRun[] = [];
    for (const run of this.state.runs.values()) {
      const seen = ids.includes(run.experimentId) ? runAt(run, this.#view) : undefined;
      if (!seen || seen.tags.get(quoted ?? plain ?? "") !== value) continue;
      if (view === "ALL" || seen.deleted === (view === "DELETED_ONLY")) runs.push(seen);
    }
    runs.sort((a, b) => Number(b.startTime) - Number(a.startTime) || (a.id < b.id ? -1 : 1));
    return runs.length > 0 ? { runs: runs.map((run) => this.#wire(run)) } : {};
  }

  #history(body: Body): object {
    const run = this.state.runs.get(String(body["run_id"]));
    const seen = run && runAt(run, this.#view);
    const points = historyOf(seen?.metrics.get(String(body["metric_key"]))?.values() ?? []);
    const most = Number(body["max_results"] ?? 0);
    if (most === 0 && this.acts === "3.6") return { next_page_token: "0" };
    const from = this.acts === "2.22" ? 0 : Number(body["page_token"] ?? 0);
    const to = this.acts === "2.22" || most === 0 ? points.length : Math.min(points.length, from + most);
    return {
      ...(to > from && { metrics: points.slice(from, to).map(pointWire) }),
      ...(to < points.length && { next_page_token: String(to) }),
    };
  }

  #list(run: OracleRun, directory: string): object {
    return { ...this.#files(`${run.experimentId}/${run.id}/artifacts`, directory), root_uri: artifactUri(run) };
  }

  #files(folder: string, directory: string): object {
    const root = `${folder}/`;
    const prefix = root + (directory === "" ? "" : `${directory}/`);
    const files = [...this.files]
      .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes("/"))
      .map(([path, { length }]) => ({
        path: path.slice(root.length),
        is_dir: false,
        ...(length > 0 && { file_size: length }),
      }));
    return { root_uri: `mlflow-artifacts:/${folder}`, ...(files.length > 0 && { files }) };
  }
}

function bytesOf(body: Uint8Array<ArrayBuffer> | string): Uint8Array<ArrayBuffer> {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}

function json(status: number, value: object): WireReply {
  return { status, type: "application/json", text: writeJson(value) };
}

function html(status: number, title: string): WireReply {
  return { status, type: "text/html; charset=utf-8", text: `<!doctype html><html><title>${title}</title></html>` };
}
