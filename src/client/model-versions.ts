import { AlreadyExistsError } from "../errors/network-errors.ts";
import { toPairs } from "./map/pairs.ts";
import { toModelVersion } from "./map/registry.ts";
import type { PagePromise } from "./page.ts";
import { RegisteredModelsResource } from "./registered-models.ts";
import { searchRegistry } from "./registry-search.ts";
import { checkRegistryTag, versionText } from "./registry-values.ts";
import type { ApiRequest, Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type {
  ModelStage,
  ModelVersion,
  ModelVersionId,
  NewModelVersion,
  SearchRegistryQuery,
} from "./types/registry.ts";
import { downloadUriReply, modelVersionReply, modelVersionsReply } from "./wire/registry.ts";
import { doneReply } from "./wire/replies.ts";

const root = "api/2.0/mlflow/model-versions";

/**
 * Versions of registered models: `/api/2.0/mlflow/model-versions/...`. A version is given as a number, or as text of
 * digits. Its writes go straight to the server and skip the queue.
 *
 * @example
 * ```ts
 * import { createClient } from "tracklet/client";
 *
 * const { registeredModels, modelVersions, runs } = createClient({ trackingUri: "http://localhost:5000" });
 * const { info } = await runs.create({ experimentId: "0" });
 * await registeredModels.create({ name: "ratings" });
 * const source = `runs:/${info.runId}/model`;
 * const made = await modelVersions.create("ratings", { source, runId: info.runId, tags: { data: "2024" } });
 * console.log(made.version, await modelVersions.downloadUri("ratings", made.version));
 * ```
 */
export class ModelVersionsResource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Registers a model as the next version of a name. Never sent twice by itself: each arrival makes a version.
   *
   * @throws NotFoundError when there is no registered model of that name.
   * @throws BadRequestError when the source does not belong to the run or logged model that is given with it.
   */
  async create(name: string, version: NewModelVersion, options?: CallOptions): Promise<ModelVersion> {
    const { source, runId, modelId, description, tags, runLink } = version;
    for (const [key, value] of Object.entries(tags ?? {})) checkRegistryTag(key, value);
    const json = {
      name,
      source,
      run_id: runId,
      model_id: modelId,
      description,
      tags: toPairs(tags),
      run_link: runLink,
    };
    return this.#version({ method: "POST", path: `${root}/create`, json }, options);
  }

  /**
   * Registers a version once more under another name, which is created when it is missing: a model is promoted that
   * way. Tags and description go with it, aliases and stage do not. Not sent twice by itself.
   *
   * @returns The new version, whose source is the old one.
   */
  async copy(from: ModelVersionId, name: string, options?: CallOptions): Promise<ModelVersion> {
    const { runId, description, tags, runLink, ...old } = await this.get(from.name, from.version, options);
    try {
      await new RegisteredModelsResource(this.#transport).create({ name }, options);
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
    }
    const facts = {
      ...(runId === undefined ? {} : { runId }),
      ...(description === undefined ? {} : { description }),
      ...(runLink === undefined ? {} : { runLink }),
    };
    return this.create(name, { source: `models:/${old.name}/${old.version}`, tags, ...facts }, options);
  }

  /** Gets a version. */
  async get(name: string, version: number | string, options?: CallOptions): Promise<ModelVersion> {
    const query = { name, version: versionText(version) };
    return this.#version({ method: "GET", path: `${root}/get`, query }, options);
  }

  /** Describes a version anew; an empty description removes the one that is there. */
  async update(
    name: string,
    version: number | string,
    change: { readonly description: string },
    options?: CallOptions,
  ): Promise<ModelVersion> {
    const json = { name, version: versionText(version), description: change.description };
    return this.#version({ method: "PATCH", path: `${root}/update`, json }, options);
  }

  /**
   * Moves a version to a stage; `archiveOthers` moves those that are in it to `Archived`.
   *
   * @deprecated MLflow gives stages up: an alias does the same and can have any name.
   */
  async transitionStage(
    name: string,
    version: number | string,
    stage: ModelStage,
    { archiveOthers = false, ...options }: CallOptions & { readonly archiveOthers?: boolean } = {},
  ): Promise<ModelVersion> {
    const json = { name, version: versionText(version), stage, archive_existing_versions: archiveOthers };
    return this.#version({ method: "POST", path: `${root}/transition-stage`, json, idempotent: true }, options);
  }

  /** Deletes a version with its aliases, for good; its files stay. A second time it is a NotFoundError. */
  async delete(name: string, version: number | string, options?: CallOptions): Promise<void> {
    const json = { name, version: versionText(version) };
    await this.#done({ method: "DELETE", path: `${root}/delete`, json, idempotent: false }, options);
  }

  /**
   * Searches versions of all registered models, those changed last first unless told otherwise. Aliases are not told,
   * and prompts are left out.
   *
   * @example
   * ```ts
   * import { createClient, filter } from "tracklet/client";
   *
   * const { modelVersions } = createClient({ trackingUri: "http://localhost:5000" });
   * const found = modelVersions.search({ filter: filter`name = ${"digits"} AND version_number > ${1}` });
   * for await (const { version, source } of found) console.log(version, source);
   * ```
   */
  search(query: SearchRegistryQuery = {}, options?: CallOptions): PagePromise<ModelVersion> {
    const search = { path: `${root}/search`, maxResults: 1000, schema: modelVersionsReply } as const;
    return searchRegistry(this.#transport, search, (reply) => reply.model_versions.map(toModelVersion), query, options);
  }

  /** Where the files of a version are, also when its source is another version. */
  async downloadUri(name: string, version: number | string, options?: CallOptions): Promise<string> {
    const query = { name, version: versionText(version) };
    const request = { method: "GET", path: `${root}/get-download-uri`, query } as const;
    return (await this.#transport.json(request, downloadUriReply, options)).artifact_uri;
  }

  /** Sets a tag of a version. */
  async setTag(
    name: string,
    version: number | string,
    key: string,
    value: string,
    options?: CallOptions,
  ): Promise<void> {
    checkRegistryTag(key, value);
    const json = { name, version: versionText(version), key, value };
    await this.#done({ method: "POST", path: `${root}/set-tag`, json, idempotent: true }, options);
  }

  /** Deletes a tag of a version; one that is not there changes nothing. */
  async deleteTag(name: string, version: number | string, key: string, options?: CallOptions): Promise<void> {
    const json = { name, version: versionText(version), key };
    await this.#done({ method: "DELETE", path: `${root}/delete-tag`, json }, options);
  }

  async #version(request: ApiRequest, options: CallOptions | undefined): Promise<ModelVersion> {
    return toModelVersion((await this.#transport.json(request, modelVersionReply, options)).model_version);
  }

  async #done(request: ApiRequest, options: CallOptions | undefined): Promise<void> {
    await this.#transport.json(request, doneReply, options);
  }
}
