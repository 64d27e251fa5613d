import { ValidationError } from "../errors/usage-errors.ts";
import { rangeHeaders } from "./byte-range.ts";
import { encodeArtifactPath } from "./artifact-path.ts";
import { artifactRoute } from "./artifact-root.ts";
import type { ArtifactOptions, DownloadOptions } from "./artifacts.ts";
import { fromModelOrder, fromModelStatus, toLoggedModel } from "./map/logged-model.ts";
import { toFileInfos, uploadBody } from "./map/file.ts";
import { toPairs } from "./map/pairs.ts";
import { PagePromise } from "./page.ts";
import type { ApiRequest, Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type { FileInfo } from "./types/entities.ts";
import type { LoggedModel, LoggedModelStatus, NewLoggedModel, SearchLoggedModelsQuery } from "./types/logged-models.ts";
import { loggedModelReply, loggedModelsReply } from "./wire/logged-models.ts";
import { doneReply, filesReply } from "./wire/replies.ts";

const root = "api/2.0/mlflow/logged-models";

/**
 * Logged models (MLflow 3): `/api/2.0/mlflow/logged-models/...`. Its writes go straight to the server and skip the queue:
 * what a training makes is safe only by `run.logModel()`.
 *
 * @example
 * ```ts
 * import { createClient } from "tracklet/client";
 *
 * const { loggedModels } = createClient({ trackingUri: "http://localhost:5000" });
 * const { modelId } = await loggedModels.create({ experimentId: "0", name: "net", params: { layers: "3" } });
 * await loggedModels.uploadArtifact(modelId, "weights.bin", new Uint8Array([1, 2, 3]));
 * await loggedModels.finalize(modelId, "READY");
 * for await (const model of loggedModels.search({ experimentIds: ["0"], filter: "name = 'net'" })) {
 *   console.log(model.modelId, model.status);
 * }
 * ```
 */
export class LoggedModelsResource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Creates a logged model, `PENDING`. Never sent twice by itself: each arrival makes a model. */
  async create(model: NewLoggedModel, options?: CallOptions): Promise<LoggedModel> {
    const { experimentId, name, modelType, sourceRunId, params, tags } = model;
    const json = {
      experiment_id: experimentId,
      name,
      model_type: modelType,
      source_run_id: sourceRunId,
      params: toPairs(params),
      tags: toPairs(tags),
    };
    return this.#model({ method: "POST", path: root, json }, options);
  }

  /** Gets a logged model. A deleted one is a NotFoundError unless `deleted` is true. */
  async get(modelId: string, options?: CallOptions & { readonly deleted?: boolean }): Promise<LoggedModel> {
    const query = { allow_deleted: options?.deleted === true ? "true" : undefined };
    return this.#model({ method: "GET", path: pathOf(modelId), query }, options);
  }

  /**
   * Sets the status of a logged model, `READY` or `FAILED` once its files are there.
   *
   * @throws ValidationError for any other word: MLflow would set the status to unspecified, and answer 200.
   */
  async finalize(modelId: string, status: LoggedModelStatus, options?: CallOptions): Promise<LoggedModel> {
    const word = fromModelStatus(status);
    if (word === undefined) {
      throw new ValidationError(
        `Cannot finalize the model as its status must be "READY", "FAILED" or "PENDING": current value is "${String(status)}"`,
      );
    }
    const json = { model_id: modelId, status: word };
    return this.#model({ method: "PATCH", path: pathOf(modelId), json, idempotent: true }, options);
  }

  /** Marks a logged model as deleted. */
  async delete(modelId: string, options?: CallOptions): Promise<void> {
    await this.#done({ method: "DELETE", path: pathOf(modelId) }, options);
  }

  /** Logs params of a model. One that is there already is a BadRequestError, with an equal value too. */
  async logParams(modelId: string, params: Readonly<Record<string, string>>, options?: CallOptions): Promise<void> {
    const json = { model_id: modelId, params: toPairs(params) };
    await this.#done({ method: "POST", path: `${pathOf(modelId)}/params`, json }, options);
  }

  /** Sets tags of a model. */
  async setTags(modelId: string, tags: Readonly<Record<string, string>>, options?: CallOptions): Promise<void> {
    const json = { model_id: modelId, tags: toPairs(tags) };
    await this.#done({ method: "PATCH", path: `${pathOf(modelId)}/tags`, json, idempotent: true }, options);
  }

  /** Deletes a tag of a model. An absent one is a NotFoundError, so a lost answer is not tried again. */
  async deleteTag(modelId: string, key: string, options?: CallOptions): Promise<void> {
    const path = `${pathOf(modelId)}/tags/${encodeURIComponent(key)}`;
    await this.#done({ method: "DELETE", path, idempotent: false }, options);
  }

  /**
   * Searches the logged models of some experiments that are not deleted.
   *
   * @throws ValidationError when the query names no experiments.
   */
  search(query: SearchLoggedModelsQuery, options?: CallOptions): PagePromise<LoggedModel> {
    if (!Array.isArray(query?.experimentIds)) {
      throw new ValidationError(
        `Cannot search logged models as experimentIds must be a list of ids, as in search({ experimentIds: ["0"] }): current value is ${String(query?.experimentIds)}`,
      );
    }
    const { experimentIds, filter, datasets, orderBy = [], maxResults, pageToken } = query;
    const path = `${root}/search`;
    const json = {
      experiment_ids: experimentIds,
      filter,
      datasets: datasets?.map(({ name, digest }) => ({ dataset_name: name, dataset_digest: digest })),
      order_by: (typeof orderBy === "string" ? [orderBy] : orderBy).map(fromModelOrder),
      max_results: maxResults,
    };
    const load = async (token: string | undefined) => {
      const request = { method: "POST", path, json: { ...json, page_token: token }, idempotent: true } as const;
      const reply = await this.#transport.json(request, loggedModelsReply, options);
      return { items: reply.models.map(toLoggedModel), nextPageToken: reply.next_page_token };
    };
    return new PagePromise(load, pageToken, { method: "POST", url: `${this.#transport.trackingUri}/${path}` });
  }

  /** Lists one directory of a model's files, with paths relative to their root. @param path @default the root */
  async listArtifacts(modelId: string, path = "", options?: CallOptions): Promise<FileInfo[]> {
    const directory = path.replace(/\/+$/, "");
    if (directory !== "") encodeArtifactPath(directory);
    const query = { artifact_directory_path: directory === "" ? undefined : directory };
    const request = { method: "GET", path: `${pathOf(modelId)}/artifacts/directories`, query } as const;
    return toFileInfos((await this.#transport.json(request, filesReply, options)).files, directory);
  }

  /** Writes a file of a model whole, over what was there. */
  async uploadArtifact(
    modelId: string,
    path: string,
    body: Blob | Uint8Array<ArrayBuffer> | string,
    options?: ArtifactOptions,
  ): Promise<void> {
    await this.#transport.empty(
      { method: "PUT", path: await this.#address(modelId, path, options), ...uploadBody(body) },
      options,
    );
  }

  /**
   * Reads a file of a model.
   *
   * @returns The answer with its body unread; aborting the signal ends the reading.
   */
  async downloadArtifact(modelId: string, path: string, options?: DownloadOptions): Promise<Response> {
    const headers = rangeHeaders(options?.range);
    const address = await this.#address(modelId, path, options);
    return this.#transport.stream({ method: "GET", path: address, headers }, options);
  }

  async #address(modelId: string, path: string, options: ArtifactOptions | undefined): Promise<string> {
    const encoded = encodeArtifactPath(path);
    const artifactUri = options?.artifactUri ?? (await this.get(modelId, options)).artifactUri;
    return `${artifactRoute(artifactUri, this.#transport.trackingUri)}/${encoded}`;
  }

  async #model(request: ApiRequest, options: CallOptions | undefined): Promise<LoggedModel> {
    return toLoggedModel((await this.#transport.json(request, loggedModelReply, options)).model);
  }

  async #done(request: ApiRequest, options: CallOptions | undefined): Promise<void> {
    await this.#transport.json(request, doneReply, options);
  }
}

function pathOf(modelId: string): string {
  if (typeof modelId === "string" && modelId !== "" && !/^\.{1,2}$/.test(modelId)) {
    return `${root}/${encodeURIComponent(modelId)}`;
  }
  throw new ValidationError(
    `Cannot ask for a logged model as its id must be a text such as "m-3f2a...": current value is "${String(modelId)}"`,
  );
}
