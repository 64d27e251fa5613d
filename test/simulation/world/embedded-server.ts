import { MODEL_ID_TAG } from "../../../src/queue/models/create-model.ts";
import { RUN_ID_TAG } from "../../../src/queue/send/create-run.ts";
import { createServer, memoryArtifacts } from "../../../src/server/index.ts";
import { item } from "../checks/items.ts";
import { storedValue } from "../oracle/state.ts";
import type { WireReply, WireRequest } from "../oracle/oracle.ts";
import type { Chance } from "./chance.ts";
import type { ServerRun, SimServer } from "./server.ts";
import type { World } from "./world.ts";

const API = "/api/2.0/mlflow/";

interface RunWire {
  readonly info: { run_id: string; experiment_id: string; run_name: string; status: string; lifecycle_stage: string };
  readonly data: { metrics?: { key: string }[]; params?: Pair[]; tags?: Pair[] };
  readonly outputs?: { model_outputs?: { model_id: string }[] };
  readonly inputs?: { dataset_inputs?: { dataset: { name: string; digest: string } }[] };
}
type FilesWire = { readonly files?: { readonly path: string; readonly is_dir: boolean }[] };
interface ModelWire {
  readonly info: { model_id: string; experiment_id: string; name: string; status: string; tags?: Pair[] };
  readonly data?: { params?: Pair[]; metrics?: (PointWire & { readonly run_id: string })[] };
}
type Pair = { readonly key: string; readonly value: string };
type PointWire = {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
};

/** The server of every 20th seed: the embedded one, on SQLite in memory. */
export function embeddedServer(world: World, chance: Chance): SimServer {
  const server = createServer({
    database: ":memory:",
    artifacts: memoryArtifacts(),
    clock: {
      now: () => 1_700_000_000_000 + Math.floor(world.timeline.now),
      monotonic: () => world.timeline.now,
      after: (ms, callback) => ({ cancel: world.timeline.after(ms, callback) }),
    },
    random: {
      fraction: () => chance.fraction(),
      bytes: (length) => Uint8Array.from({ length }, () => chance.int(0, 255)),
    },
  });
  const handle = async ({ method, path, body }: WireRequest): Promise<WireReply> => {
    const reads = method === "GET";
    const headers = { "content-type": method === "PUT" ? "application/octet-stream" : "application/json" };
    const request = new Request(`http://localhost:5000${path}`, { method, ...(!reads && { body, headers }) });
    const response = await server.fetch(request);
    return { status: response.status, type: response.headers.get("content-type") ?? "", text: await response.text() };
  };
  const ask = async <T>(path: string, json?: object): Promise<T> => {
    const body = new TextEncoder().encode(json === undefined ? "" : JSON.stringify(json));
    return JSON.parse((await handle({ method: json ? "POST" : "GET", path: API + path, body })).text) as T;
  };
  return {
    name: "embedded",
    handle,
    has: () => undefined,
    runs: () => world.timeline.hold(readRuns(ask)),
    setDeleted: async (runId, deleted) => {
      await world.timeline.hold(ask(deleted ? "runs/delete" : "runs/restore", { run_id: runId }));
    },
    backup: () => undefined,
    restore: () => [],
    close: () => server.close(),
  };
}

type Ask = <T>(path: string, json?: object) => Promise<T>;

async function readRuns(ask: Ask): Promise<ServerRun[]> {
  const { experiments = [] } = await ask<{ experiments?: { experiment_id: string; name: string }[] }>(
    "experiments/search",
    { max_results: 1000 },
  );
  const names = new Map(experiments.map(({ experiment_id: id, name }) => [id, name]));
  const search = { experiment_ids: [...names.keys()], run_view_type: "ALL", max_results: 5000 };
  const { runs = [] } = await ask<{ runs?: RunWire[] }>("runs/search", search);
  const found = await Promise.all(
    runs.map(async (run): Promise<ServerRun> => {
      const { info, data } = run;
      const tags = new Map((data.tags ?? []).map(({ key, value }) => [key, value]));
      return {
        id: info.run_id,
        localId: tags.get(RUN_ID_TAG),
        experiment: names.get(info.experiment_id),
        name: info.run_name,
        status: info.status,
        deleted: info.lifecycle_stage === "deleted",
        tags,
        items: new Set(await readItems(ask, run)),
        outputs: (run.outputs?.model_outputs ?? []).map(({ model_id: id }) => id),
        params: new Map(),
      };
    }),
  );
  return [...found, ...(await readModels(ask, names))];
}

/** Logged models that are not deleted: the others are shown by no search. */
async function readModels(ask: Ask, experiments: ReadonlyMap<string, string>): Promise<ServerRun[]> {
  const { models = [] } = await ask<{ models?: ModelWire[] }>("logged-models/search", {
    experiment_ids: [...experiments.keys()],
    max_results: 50,
  });
  return Promise.all(
    models.map(async ({ info, data }): Promise<ServerRun> => {
      const tags = new Map((info.tags ?? []).map(({ key, value }) => [key, value]));
      const items: string[] = [];
      for (const folder of ["", "?artifact_directory_path=model"]) {
        const { files = [] } = await ask<FilesWire>(`logged-models/${info.model_id}/artifacts/directories${folder}`);
        for (const file of files) if (!file.is_dir) items.push(item.artifact(file.path));
      }
      for (const { key, value, timestamp, step, run_id: runId } of data?.metrics ?? []) {
        const query = new URLSearchParams({ run_id: runId, metric_key: key, max_results: "25000" });
        const { metrics = [] } = await ask<{ metrics?: PointWire[] }>(`metrics/get-history?${query}`);
        // A model keeps NaN as 0.
        const wasNaN = value === 0 && metrics.some((other) => other.step === step && other.value === "NaN");
        items.push(item.point(key, step, timestamp, wasNaN ? Number.NaN : storedValue(Number(value))));
      }
      return {
        id: info.model_id,
        localId: tags.get(MODEL_ID_TAG),
        experiment: experiments.get(info.experiment_id),
        name: info.name,
        status: info.status.replace("LOGGED_MODEL_", "").replace("UPLOAD_", ""),
        deleted: false,
        tags,
        items: new Set(items),
        outputs: [],
        params: new Map((data?.params ?? []).map(({ key, value }) => [key, value])),
      };
    }),
  );
}

async function readItems(ask: Ask, { info, data, inputs }: RunWire): Promise<string[]> {
  const items = (data.params ?? []).map(({ key, value }) => item.param(key, value));
  for (const { dataset } of inputs?.dataset_inputs ?? []) items.push(item.input(dataset.name, dataset.digest));
  for (const { key } of data.metrics ?? []) {
    const query = new URLSearchParams({ run_id: info.run_id, metric_key: key, max_results: "25000" });
    const { metrics = [] } = await ask<{ metrics?: PointWire[] }>(`metrics/get-history?${query}`);
    for (const { value, timestamp, step } of metrics)
      items.push(item.point(key, step, timestamp, storedValue(Number(value))));
  }
  for (const path of ["", "model"]) {
    const query = new URLSearchParams({ run_id: info.run_id, path });
    const { files = [] } = await ask<FilesWire>(`artifacts/list?${query}`);
    for (const file of files) if (!file.is_dir) items.push(item.artifact(file.path));
  }
  return items;
}
