import type { Fetch } from "../src/runtime/ports/fetch.ts";
import type { SeededExperiment, SeededRun, SeedExperiment, SeedPoint, SeedRun } from "./seed.ts";

type Fields = Readonly<Record<string, unknown>>;
interface Point {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

/** First start time; fixed, so that the order of seeded runs is the same in every test. */
const firstStart = 1_700_000_000_000;
/** MLflow's limits of one batch. */
const metricsPerBatch = 1000;
const pairsPerBatch = 100;

/** Fills a server through its own API, so that seeded data obeys the same rules as logged data. */
export class Seeder {
  readonly #server: Fetch;
  #runs = 0;

  constructor(server: Fetch) {
    this.#server = server;
  }

  async experiment(seed: SeedExperiment): Promise<SeededExperiment> {
    const experimentId = await this.#experimentId(seed);
    const runs: SeededRun[] = [];
    for (const run of seed.runs ?? []) runs.push(await this.#run(experimentId, run, undefined));
    return { experimentId, name: seed.name, runs };
  }

  async #experimentId({ name, tags = {} }: SeedExperiment): Promise<string> {
    const query = new URLSearchParams({ experiment_name: name });
    const found = await this.#server(new Request(`${api}/experiments/get-by-name?${query}`));
    if (found.ok) {
      const { experiment } = (await found.json()) as { experiment: { experiment_id: string } };
      for (const [key, value] of Object.entries(tags)) {
        await this.#post("experiments/set-experiment-tag", { experiment_id: experiment.experiment_id, key, value });
      }
      return experiment.experiment_id;
    }
    await found.body?.cancel();
    const made = await this.#post("experiments/create", { name, tags: pairs(tags) });
    return (made as { experiment_id: string }).experiment_id;
  }

  async #run(experimentId: string, seed: SeedRun, parentId: string | undefined): Promise<SeededRun> {
    const startTime = seed.startTime ?? firstStart + this.#runs * 60_000;
    this.#runs += 1;
    const tags = parentId === undefined ? [] : [{ key: "mlflow.parentRunId", value: parentId }];
    const fields = {
      experiment_id: experimentId,
      start_time: startTime,
      tags,
      ...(seed.name === undefined ? {} : { run_name: seed.name }),
    };
    const { run } = (await this.#post("runs/create", fields)) as {
      run: { info: { run_id: string; run_name: string } };
    };
    const { run_id: runId, run_name: name } = run.info;

    const points = Object.entries(seed.metrics ?? {}).flatMap(([key, values]) => pointsOf(key, values, startTime));
    for (const metrics of cut(points, metricsPerBatch)) await this.#post("runs/log-batch", { run_id: runId, metrics });
    for (const params of cut(pairs(seed.params), pairsPerBatch))
      await this.#post("runs/log-batch", { run_id: runId, params });
    for (const batch of cut(pairs(seed.tags), pairsPerBatch))
      await this.#post("runs/log-batch", { run_id: runId, tags: batch });
    for (const [path, content] of Object.entries(seed.artifacts ?? {}))
      await this.#artifact(`${experimentId}/${runId}`, path, content);

    const children: SeededRun[] = [];
    for (const child of seed.children ?? []) children.push(await this.#run(experimentId, child, runId));
    const status = seed.status ?? "FINISHED";
    const isOpen = status === "RUNNING" || status === "SCHEDULED";
    const end = seed.endTime ?? (isOpen ? undefined : Math.max(startTime, ...points.map(({ timestamp }) => timestamp)));
    await this.#post("runs/update", { run_id: runId, status, ...(end === undefined ? {} : { end_time: end }) });
    return { runId, name, children };
  }

  async #artifact(run: string, path: string, content: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const address = `${origin}/api/2.0/mlflow-artifacts/artifacts/${run}/artifacts/${encoded}`;
    await this.#answer(new Request(address, { method: "PUT", body: content }));
  }

  async #post(route: string, fields: Fields): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const answer = await this.#answer(
      new Request(`${api}/${route}`, { method: "POST", headers, body: JSON.stringify(fields) }),
    );
    return answer.json();
  }

  async #answer(request: Request): Promise<Response> {
    const response = await this.#server(request);
    if (response.ok) return response;
    throw new TypeError(
      `Cannot seed the mock: ${request.method} ${new URL(request.url).pathname} was refused: ${await response.text()}`,
    );
  }
}

const origin = "http://localhost";
const api: string = `${origin}/api/2.0/mlflow`;

function pairs(record: Readonly<Record<string, string | number | boolean>> = {}): { key: string; value: string }[] {
  return Object.entries(record).map(([key, value]) => ({ key, value: String(value) }));
}

function pointsOf(key: string, values: number | readonly (number | SeedPoint)[], startTime: number): Point[] {
  return (typeof values === "number" ? [values] : values).map((item, index) => {
    const point: SeedPoint = typeof item === "number" ? { value: item } : item;
    const step = point.step ?? index;
    const value = Number.isFinite(point.value) ? point.value : String(point.value);
    return { key, value, step, timestamp: point.timestamp ?? startTime + Math.max(0, step) * 1000 };
  });
}

function cut<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
