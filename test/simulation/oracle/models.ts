import type { Json } from "./message.ts";
import { badRequest, invalid, missing, required } from "./rules.ts";
import type { GivenPoint, OracleModel, OracleRun, OracleState } from "./state.ts";

type Body = { readonly [member: string]: Json };

const NO_NAME = /[/:.%"']/;
const READY: Readonly<Record<string, OracleModel["status"]>> = {
  LOGGED_MODEL_PENDING: "PENDING",
  LOGGED_MODEL_READY: "READY",
  LOGGED_MODEL_UPLOAD_FAILED: "FAILED",
};

/** A new logged model, from the body of its creation. */
export function newModel(body: Body, id: string, at: number): OracleModel {
  const name = String(body["name"] ?? "");
  if (NO_NAME.test(name)) throw invalid("the name must be plain");
  return {
    id: `m-${id}`,
    experimentId: String(body["experiment_id"]),
    name,
    type: String(body["model_type"] ?? ""),
    source: String(body["source_run_id"] ?? ""),
    params: pairsOf(body["params"]),
    tags: pairsOf(body["tags"]),
    at,
    status: "PENDING",
    deleted: false,
    metrics: new Map(),
  };
}

/** The model that an address names. */
export function modelOf({ models }: OracleState, id: string, view: number, deleted = false): OracleModel {
  const model = models.get(id);
  if (!model || model.at > view || (model.deleted && !deleted)) throw missing(`no logged model ${id}`);
  return model;
}

/** What a request to `logged-models/ID` and below asks of a model. */
export function changeModel(model: OracleModel, method: string, below: string, body: Body): void {
  if (below === "tags") {
    for (const [key, value] of pairsOf(body["tags"])) model.tags.set(key, value);
  } else if (method === "DELETE") model.deleted = true;
  else if (method === "PATCH") {
    required(body, "model_id", "status");
    model.status = READY[String(body["status"])] ?? model.status;
  }
}

/** Models of some experiments, with a tag, that are not deleted. */
export function searchModels({ models }: OracleState, body: Body, view: number): OracleModel[] {
  const ids = (body["experiment_ids"] ?? []) as readonly string[];
  const [, key = "", value] = /^tags\.`(.+)` = '(.*)'$/.exec(String(body["filter"] ?? "")) ?? [];
  return [...models.values()].filter(
    ({ experimentId, tags, deleted, at }) =>
      ids.includes(experimentId) && !deleted && at <= view && tags.get(key) === value,
  );
}

/** Says once that a run made models. */
export function logOutputs(run: OracleRun, body: Body, at: number): void {
  const models = (body["models"] ?? []) as readonly Body[];
  if (models.some((model) => run.outputs.has(String(model["model_id"])))) throw badRequest();
  for (const model of models) run.outputs.set(String(model["model_id"]), { step: Number(model["step"] ?? 0), at });
}

/** Writes points to the models that they name, after the run has them: another value at the same place is refused. */
export function writeModelMetrics(
  { models }: OracleState,
  run: OracleRun,
  named: readonly [string, GivenPoint][],
): void {
  for (const [id, { key, step, timestamp, value, at }] of named) {
    const model = models.get(id);
    if (!model) throw badRequest();
    const place = `${key} ${step} ${timestamp} ${run.id}`;
    const kept = Number.isNaN(value) ? 0 : Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE) + 0;
    const there = model.metrics.get(place);
    if (there && there.value !== kept) throw badRequest();
    if (!there) model.metrics.set(place, { key, step, timestamp, value: kept, at, run: run.id });
  }
}

/** A model as MLflow gives it. */
export function modelWire(model: OracleModel, view: number): object {
  const { id, experimentId, name, type, source, params, tags, at, status, metrics } = model;
  const seen = [...metrics.values()].filter((point) => point.at <= view);
  return {
    info: {
      model_id: id,
      experiment_id: experimentId,
      name,
      creation_timestamp_ms: at,
      last_updated_timestamp_ms: at,
      artifact_uri: `mlflow-artifacts:/${modelRoot(model)}`,
      status: status === "FAILED" ? "LOGGED_MODEL_UPLOAD_FAILED" : `LOGGED_MODEL_${status}`,
      model_type: type,
      source_run_id: source,
      ...(tags.size > 0 && { tags: listOf(tags) }),
    },
    data: {
      ...(params.size > 0 && { params: listOf(params) }),
      ...(seen.length > 0 && { metrics: seen.map(({ at: _, run, ...point }) => ({ ...point, run_id: run })) }),
    },
  };
}

/** Where the files of a model lie. */
export function modelRoot({ experimentId, id }: OracleModel): string {
  return `${experimentId}/models/${id}/artifacts`;
}

function pairsOf(list: Json | undefined): Map<string, string> {
  return new Map(((list ?? []) as readonly Body[]).map(({ key, value }) => [String(key), String(value ?? "")]));
}

function listOf(map: ReadonlyMap<string, string>): object[] {
  return [...map].map(([key, value]) => ({ key, value }));
}
