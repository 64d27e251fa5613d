import { checkPair, checkPoint, encodeBatch } from "./encode-batch.ts";
import { fromMetricPoint } from "./map/metric.ts";
import { toPairs } from "./map/pairs.ts";
import { fromDatasetInput, toRunData, toRunInfo } from "./map/run.ts";
import { fromViewType } from "./map/view-type.ts";
import { PagePromise } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type { DatasetInput, LinkedMetricPoint, LogBatch, RunData, RunInfo } from "./types/entities.ts";
import type { ModelOutput } from "./types/logged-models.ts";
import type { NewRunRequest, RunUpdate, SearchRunsQuery } from "./types/requests.ts";
import { doneReply, runInfoReply, runReply, runsReply } from "./wire/replies.ts";

const root = "api/2.0/mlflow/runs";

/**
 * Runs: `/api/2.0/mlflow/runs/...`. Its writes go straight to the server and skip the queue: what a training logs is
 * safe only by the methods of a `Run`.
 */
export class RunsResource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Creates a run. Never sent twice by itself: each arrival makes a run. */
  async create(run: NewRunRequest, options?: CallOptions): Promise<RunData> {
    const { experimentId, name, startTime = this.#transport.now(), tags, user } = run;
    const json = {
      experiment_id: experimentId,
      run_name: name,
      start_time: startTime,
      tags: toPairs(tags),
      user_id: user,
    };
    const reply = await this.#transport.json({ method: "POST", path: `${root}/create`, json }, runReply, options);
    return toRunData(reply.run);
  }

  /** Gets a run, also a deleted one. */
  async get(runId: string, options?: CallOptions): Promise<RunData> {
    const request = { method: "GET", path: `${root}/get`, query: { run_id: runId } } as const;
    return toRunData((await this.#transport.json(request, runReply, options)).run);
  }

  /** Changes status, end time or name of a run. */
  async update(runId: string, change: RunUpdate, options?: CallOptions): Promise<RunInfo> {
    const json = { run_id: runId, status: change.status, end_time: change.endTime, run_name: change.name };
    const request = { method: "POST", path: `${root}/update`, json, idempotent: true } as const;
    return toRunInfo((await this.#transport.json(request, runInfoReply, options)).run_info);
  }

  /** Marks a run as deleted. */
  async delete(runId: string, options?: CallOptions): Promise<void> {
    await this.#post("delete", { run_id: runId }, options);
  }

  /** Makes a deleted run active again. */
  async restore(runId: string, options?: CallOptions): Promise<void> {
    await this.#post("restore", { run_id: runId }, options);
  }

  /** Searches the runs of some experiments. */
  search(query: SearchRunsQuery, options?: CallOptions): PagePromise<RunData> {
    const { experimentIds, filter, orderBy, view, maxResults = 1000, pageToken } = query;
    const path = `${root}/search`;
    const json = {
      experiment_ids: experimentIds,
      filter,
      order_by: typeof orderBy === "string" ? [orderBy] : orderBy,
      run_view_type: fromViewType(view),
      max_results: maxResults,
    };
    const load = async (token: string | undefined) => {
      const request = { method: "POST", path, json: { ...json, page_token: token }, idempotent: true } as const;
      const reply = await this.#transport.json(request, runsReply, options);
      return { items: reply.runs.map(toRunData), nextPageToken: reply.next_page_token };
    };
    return new PagePromise(load, pageToken, { method: "POST", url: `${this.#transport.trackingUri}/${path}` });
  }

  /** Sets a tag of a run. */
  async setTag(runId: string, key: string, value: string, options?: CallOptions): Promise<void> {
    checkPair("tag", key, value);
    await this.#post("set-tag", { run_id: runId, key, value }, options);
  }

  /** Deletes a tag of a run. An absent one is a NotFoundError, so a lost answer is not tried again. */
  async deleteTag(runId: string, key: string, options?: CallOptions): Promise<void> {
    await this.#post("delete-tag", { run_id: runId, key }, options, false);
  }

  /** Logs a param. The same value again changes nothing; another value is a BadRequestError. */
  async logParam(runId: string, key: string, value: string, options?: CallOptions): Promise<void> {
    checkPair("param", key, value);
    await this.#post("log-parameter", { run_id: runId, key, value }, options);
  }

  /** Logs one metric value. The same point again changes nothing. */
  async logMetric(runId: string, point: LinkedMetricPoint, options?: CallOptions): Promise<void> {
    checkPoint(point);
    await this.#post("log-metric", { run_id: runId, ...fromMetricPoint(point) }, options);
  }

  /** Logs metrics, params and tags at once. The same batch again changes nothing. */
  async logBatch(batch: LogBatch, options?: CallOptions): Promise<void> {
    await this.logBatchBody(encodeBatch(batch), options);
  }

  /**
   * Sends a `log-batch` body that is JSON already. It is sent as it is: MLflow keeps what stands before a field that it
   * cannot parse, drops the rest, and answers 200. With `keepalive` the request outlives its page, up to 64 KiB in all.
   */
  async logBatchBody(
    body: string | Uint8Array<ArrayBuffer>,
    options: CallOptions & { readonly keepalive?: boolean } = {},
  ): Promise<void> {
    const headers = { "content-type": "application/json" };
    const { keepalive = false } = options;
    const request = { method: "POST", path: `${root}/log-batch`, body, headers, keepalive, idempotent: true } as const;
    await this.#transport.json(request, doneReply, options);
  }

  /** Logs datasets that a run uses. The same dataset (name and digest) again changes nothing. */
  async logInputs(runId: string, inputs: readonly DatasetInput[], options?: CallOptions): Promise<void> {
    await this.#post("log-inputs", { run_id: runId, datasets: inputs.map(fromDatasetInput) }, options);
  }

  /** Says which logged models a run uses (MLflow 3). The same model again changes nothing. */
  async logModelInputs(runId: string, modelIds: readonly string[], options?: CallOptions): Promise<void> {
    const models = modelIds.map((id) => ({ model_id: id }));
    await this.#post("log-inputs", { run_id: runId, models }, options);
  }

  /**
   * Says which logged models a run made (MLflow 3). The same model again is a BadRequestError, so a lost answer is not
   * tried again: `get()` tells what is there.
   */
  async logOutputs(runId: string, outputs: readonly ModelOutput[], options?: CallOptions): Promise<void> {
    const models = outputs.map(({ modelId, step }) => ({ model_id: modelId, step }));
    await this.#post("outputs", { run_id: runId, models }, options, false);
  }

  async #post(action: string, json: object, options: CallOptions | undefined, idempotent = true): Promise<void> {
    await this.#transport.json({ method: "POST", path: `${root}/${action}`, json, idempotent }, doneReply, options);
  }
}
