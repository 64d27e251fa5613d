import { Crash, type Json, type Message, readMessage, type Shape } from "./message.ts";
import { badRequest, checkKey, cut, integerOf, invalid, required, text, textOf } from "./rules.ts";
import { writeModelMetrics } from "./models.ts";
import { changeRun, changeTag, type GivenPoint, noteChange, type OracleRun, type OracleState } from "./state.ts";
import { type Acts, writeMetrics } from "./write-metrics.ts";

type Body = { readonly [member: string]: Json };

const pair: Shape = { key: "string", value: "string" };
const metric: Shape = { key: "string", value: "number", timestamp: "integer", step: "integer", model_id: "string" };
const shapes = {
  create: { experiment_id: "string", user_id: "string", run_name: "string", start_time: "integer", tags: [pair] },
  update: { run_id: "string", run_uuid: "string", status: "status", end_time: "integer", run_name: "string" },
  batch: { run_id: "string", metrics: [metric], params: [pair], tags: [pair] },
  metric: { run_id: "string", run_uuid: "string", ...metric },
} as const satisfies Record<string, Shape>;

/** A new run, from the body of `runs/create`. */
export function newRun(
  body: Body,
  id: string,
  at: number,
): { readonly run: OracleRun; readonly experimentId: string | undefined } {
  text(body, "experiment_id");
  const message = readMessage(body, shapes.create);
  const tags = (message["tags"] ?? []) as Message[];
  for (const tag of tags) checkKey(textOf(tag, "key"));
  const map = new Map(tags.map((tag) => [textOf(tag, "key"), textOf(tag, "value")]));
  const given = textOf(message, "run_name");
  const tagged = map.get("mlflow.runName");
  if (given !== "" && tagged !== undefined && given !== tagged) throw invalid("run_name and mlflow.runName differ");
  if (map.size < tags.length || message["experiment_id"] === undefined) throw badRequest();
  const name = given || (tagged ?? `placid-newt-${Number.parseInt(id.slice(0, 3), 16) % 1000}`);
  map.set("mlflow.runName", name);
  const run: OracleRun = {
    id,
    experimentId: textOf(message, "experiment_id"),
    userId: textOf(message, "user_id"),
    startTime: integerOf(message, "start_time"),
    at,
    name,
    status: "RUNNING",
    endTime: undefined,
    deleted: false,
    tags: map,
    params: new Map(),
    metrics: new Map(),
    inputs: new Map(),
    outputs: new Map(),
    changes: [],
  };
  return { run, experimentId: message["experiment_id"] as string | undefined };
}

/** `runs/update` */
export function updateRun(run: OracleRun, body: Body, at: number): void {
  const message = readMessage(body, shapes.update);
  const { status, end_time: endTime } = message;
  changeRun(run, at, {
    ...(status !== undefined && status !== null && { status: status as string }),
    ...(endTime !== undefined && { endTime: endTime as number | bigint }),
  });
  const name = textOf(message, "run_name");
  if (name !== "") changeTag(run, at, "mlflow.runName", name);
}

/** `runs/log-metric` */
export function logMetric(run: OracleRun, body: Body, at: number, acts: Acts): void {
  required(body, "key", "value", "timestamp");
  const { value } = body;
  if (Array.isArray(value)) throw new Crash();
  const isNumber =
    ["number", "bigint", "boolean"].includes(typeof value) || (typeof value === "object" && value && "bare" in value);
  const isWord =
    typeof value === "string" && (/^[+-]?(?:nan|inf|infinity)$/i.test(value) || Number.isFinite(Number(value)));
  if (!isNumber && !isWord) throw invalid("Invalid value for parameter 'value' supplied");
  const message = readMessage(body, shapes.metric);
  if (message["model_id"] !== undefined) throw badRequest();
  const point = pointOf(message, at);
  checkPoint(point, body);
  writeMetrics(run, [point], acts);
}

/** `runs/log-parameter` */
export function logParam(run: OracleRun, body: Body, at: number): void {
  required(body, "key");
  text(body, "key", "value");
  const key = textOf(body as Message, "key");
  checkKey(key);
  writeParams(run, [[key, cut(textOf(body as Message, "value"), 6000)]], at);
}

/** `runs/set-tag` */
export function setTag(run: OracleRun, body: Body, at: number): void {
  required(body, "key");
  text(body, "key", "value");
  const key = textOf(body as Message, "key");
  checkKey(key);
  changeTag(run, at, key, cut(textOf(body as Message, "value"), 8000));
}

/** `runs/log-batch`, each part of which is a transaction of its own. */
export function logBatch(run: () => OracleRun, body: Body, at: number, acts: Acts, state: OracleState): void {
  const lists = ["metrics", "params", "tags"].map((name) => {
    const list = body[name];
    if (list === null) throw new Crash();
    if (list !== undefined && !Array.isArray(list)) throw invalid(`Invalid value for parameter '${name}' supplied`);
    return (list ?? []) as readonly Body[];
  });
  const [metrics = [], params = [], tags = []] = lists;
  for (const list of lists) for (const item of list) if (typeof item !== "object" || item === null) throw new Crash();
  for (const item of metrics) if (!isWhole(item)) required(item, "key", "value", "timestamp");
  for (const item of [...params, ...tags]) required(item, "key");
  const message = readMessage(body, shapes.batch);
  if (metrics.length > 1000 || params.length > 100 || tags.length > 100) throw invalid("too many items in a batch");
  if (metrics.length + params.length + tags.length > 1000) throw invalid("too many items in a batch");
  const points = ((message["metrics"] ?? []) as Message[]).map((item) => pointOf(item, at));
  for (const [n, point] of points.entries()) checkPoint(point, metrics[n]!);
  const pairsOf = (name: string, most: number): [string, string][] =>
    ((message[name] ?? []) as Message[]).map((item) => {
      checkKey(textOf(item, "key"));
      return [textOf(item, "key"), cut(textOf(item, "value"), most)];
    });
  const newParams = pairsOf("params", 6000);
  const newTags = pairsOf("tags", 8000);
  if (new Set(newParams.map(([key]) => key)).size < newParams.length) throw invalid("Duplicate parameter keys");
  const target = run();
  writeParams(target, newParams, at);
  writeMetrics(target, points, acts);
  const named = points.flatMap((point, n): [string, GivenPoint][] => {
    const id = (message["metrics"] as Message[])[n]!["model_id"];
    return id === undefined ? [] : [[id as string, point]];
  });
  if (named.length > 0) writeModelMetrics(state, target, named);
  for (const [key, value] of newTags) changeTag(target, at, key, value);
}

/** Nothing is missing, as seen at a glance: most points are such. */
function isWhole({ key, value, timestamp }: Body): boolean {
  return typeof key === "string" && key !== "" && typeof value === "number" && typeof timestamp === "number";
}

/** `runs/log-inputs`: the first of a name and digest stays. */
export function logInputs(run: OracleRun, body: Body, at: number): void {
  for (const item of (body["datasets"] ?? []) as readonly Body[]) {
    const dataset = item["dataset"] as { readonly [member: string]: Json };
    const name = `${String(dataset["name"])} ${String(dataset["digest"])}`;
    const texts = Object.fromEntries(
      ["name", "digest", "source_type", "source", "schema", "profile"].map((key) => [key, dataset[key] ?? ""]),
    );
    if (!run.inputs.has(name)) run.inputs.set(name, { dataset: texts, tags: item["tags"] ?? [] });
  }
  noteChange(run, at);
}

function writeParams(run: OracleRun, params: readonly (readonly [string, string])[], at: number): void {
  for (const [key, value] of params) {
    if ((run.params.get(key) ?? value) !== value) throw invalid(`Changing param values is not allowed: '${key}'`);
  }
  for (const [key, value] of params) run.params.set(key, value);
  if (params.length > 0) noteChange(run, at);
}

function pointOf(message: Message, at: number): GivenPoint {
  return {
    key: textOf(message, "key"),
    value: typeof message["value"] === "number" ? message["value"] : 0,
    timestamp: integerOf(message, "timestamp"),
    step: integerOf(message, "step"),
    at,
  };
}

function checkPoint({ key }: GivenPoint, { timestamp }: Body): void {
  checkKey(key);
  if (Number(timestamp) < 0) throw invalid("Timestamp must be a nonnegative long");
}
