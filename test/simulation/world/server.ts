import { MODEL_ID_TAG } from "../../../src/queue/models/create-model.ts";
import { RUN_ID_TAG } from "../../../src/queue/send/create-run.ts";
import { item } from "../checks/items.ts";
import { Oracle, type WireReply, type WireRequest } from "../oracle/oracle.ts";
import { newRunId } from "../oracle/run-id.ts";
import { modelRoot } from "../oracle/models.ts";
import { pointName } from "../oracle/point-name.ts";
import type { OracleModel, OracleRun, OracleState } from "../oracle/state.ts";
import type { Acts } from "../oracle/write-metrics.ts";
import type { Chance } from "./chance.ts";

/** Name of a file that none of ours put into a model. */
export const STRANGE = "strange.txt";

/** A run, or a logged model, as the server has it. */
export interface ServerRun {
  readonly id: string;
  readonly localId: string | undefined;
  readonly experiment: string | undefined;
  readonly name: string;
  readonly status: string;
  readonly deleted: boolean;
  readonly tags: ReadonlyMap<string, string>;
  readonly items: ReadonlySet<string>;
  /** Of a run: ids of the models that it says it made. */
  readonly outputs: readonly string[];
  /** Of a model. */
  readonly params: ReadonlyMap<string, string>;
}

type ModelPoint = OracleModel["metrics"] extends Map<string, infer P> ? P : never;

/** What a simulation needs of a server. */
export interface SimServer {
  readonly name: string;
  handle(request: WireRequest, lag: number): WireReply | Promise<WireReply>;
  /** True when a run has an item now; undefined when that cannot be told at once. */
  has(runId: string, name: string): boolean | undefined;
  /** Runs and logged models. */
  runs(): Promise<readonly ServerRun[]>;
  /** Somebody puts a file into a model. */
  addFile?(modelId: string): void;
  /** Makes a run deleted or active again, as a person does. */
  setDeleted(runId: string, deleted: boolean): void | Promise<void>;
  backup(): OracleState | undefined;
  /** Gives the ids of the runs that went with it. */
  restore(state: OracleState): readonly string[];
  close(): void;
}

/** The server of most seeds. */
export function oracleServer(
  acts: Acts,
  now: () => number,
  chance: Chance,
  artifacts: ReadonlyMap<string, string>,
): SimServer {
  const oracle = new Oracle(acts, now, () => newRunId(chance));
  const has = (runId: string, name: string): boolean => {
    const model = oracle.state.models.get(runId);
    if (model) return hasModelItem(oracle, model, name, artifacts);
    // A model on a server that has none: a folder of its run.
    const [id = "", folder] = runId.split("/");
    const run = oracle.state.runs.get(id);
    return run !== undefined && hasItem(oracle, run, name, artifacts, folder);
  };
  return {
    name: `oracle ${acts}`,
    handle: (request, lag) => oracle.handle(request, lag),
    has,
    addFile: (modelId) =>
      void oracle.files.set(`${modelRoot(oracle.state.models.get(modelId)!)}/${STRANGE}`, new Uint8Array([1])),
    runs: async () => [
      ...[...oracle.state.models.values()].map((model) => modelSeen(oracle, model)),
      ...[...oracle.state.runs.values()].map((run) => ({
        id: run.id,
        localId: run.tags.get(RUN_ID_TAG),
        experiment: oracle.state.experiments.get(run.experimentId)?.name,
        name: run.name,
        status: run.status,
        deleted: run.deleted,
        tags: run.tags,
        items: new Set(itemsOf(oracle, run)),
        outputs: [...run.outputs.keys()],
        params: new Map(),
      })),
    ],
    setDeleted(runId, deleted) {
      const run = oracle.state.runs.get(runId);
      if (run) run.deleted = deleted;
    },
    backup: () => oracle.backup(),
    restore(state) {
      const before = [...oracle.state.runs.keys(), ...oracle.state.models.keys()];
      oracle.restore(state);
      return before.filter((id) => !oracle.state.runs.has(id) && !oracle.state.models.has(id));
    },
    close: () => {},
  };
}

function modelSeen(oracle: Oracle, model: OracleModel): ServerRun {
  const { id, name, status, deleted, tags, params } = model;
  const root = `${modelRoot(model)}/`;
  const items = [...model.metrics.values()].map((point) => nameInRun(oracle, point));
  for (const path of oracle.files.keys()) if (path.startsWith(root)) items.push(item.artifact(path.slice(root.length)));
  const experiment = oracle.state.experiments.get(model.experimentId)?.name;
  const localId = tags.get(MODEL_ID_TAG);
  return { id, localId, experiment, name, status, deleted, tags, params, items: new Set(items), outputs: [] };
}

/** A model keeps NaN as 0: the name of a point is that which the run has. */
function nameInRun({ state }: Oracle, { key, step, timestamp, value, run }: ModelPoint): string {
  const name = pointName(key, step, timestamp, value);
  const points = state.runs.get(run)?.metrics.get(key);
  return value === 0 && !points?.has(name) ? pointName(key, step, timestamp, Number.NaN) : name;
}

function hasModelItem(
  oracle: Oracle,
  model: OracleModel,
  name: string,
  artifacts: ReadonlyMap<string, string>,
): boolean {
  const [kind, key = "", step, timestamp] = name.split(" ");
  if (kind === "artifact") return isFile(oracle, `${modelRoot(model)}/${key}`, artifacts.get(key));
  const run = oracle.state.runs.get(model.source);
  return model.metrics.has(`${key} ${step} ${timestamp} ${model.source}`) && run?.metrics.get(key)?.has(name) === true;
}

function isFile({ files }: Oracle, path: string, text: string | undefined): boolean {
  const file = files.get(path);
  return file !== undefined && new TextDecoder().decode(file) === text;
}

function hasItem(
  oracle: Oracle,
  run: OracleRun,
  name: string,
  artifacts: ReadonlyMap<string, string>,
  folder?: string,
): boolean {
  const first = name.indexOf(" ");
  const second = name.indexOf(" ", first + 1);
  const key = second < 0 ? name.slice(first + 1) : name.slice(first + 1, second);
  const value = second < 0 ? "" : name.slice(second + 1);
  switch (name.slice(0, first)) {
    case "metric":
      return run.metrics.get(key)?.has(name) === true;
    case "param":
      return run.params.get(key) === value;
    case "input":
      return run.inputs.has(`${key} ${value}`);
    default: {
      const below = folder === undefined ? "" : `${folder}/`;
      return isFile(oracle, `${run.experimentId}/${run.id}/artifacts/${below}${key}`, artifacts.get(key));
    }
  }
}

function* itemsOf(oracle: Oracle, run: OracleRun): Iterable<string> {
  for (const points of run.metrics.values()) yield* points.keys();
  for (const [key, value] of run.params) yield item.param(key, value);
  for (const name of run.inputs.keys()) yield `input ${name}`;
  const root = `${run.experimentId}/${run.id}/artifacts/`;
  for (const path of oracle.files.keys()) if (path.startsWith(root)) yield item.artifact(path.slice(root.length));
}
