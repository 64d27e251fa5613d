import { BadRequestError, NotFoundError } from "../errors/network-errors.ts";
import { toPairs } from "./map/pairs.ts";
import { toModelVersion, toRegisteredModel } from "./map/registry.ts";
import type { PagePromise } from "./page.ts";
import { searchRegistry } from "./registry-search.ts";
import { checkNewAlias, checkNewModel, checkNewName, checkRegistryTag, versionText } from "./registry-values.ts";
import type { ApiRequest, Transport } from "./transport.ts";
import type { CallOptions } from "./types/connection.ts";
import type {
  ModelStage,
  ModelVersion,
  NewRegisteredModel,
  RegisteredModel,
  SearchRegistryQuery,
} from "./types/registry.ts";
import { modelVersionReply, modelVersionsReply, registeredModelReply, registeredModelsReply } from "./wire/registry.ts";
import { doneReply } from "./wire/replies.ts";

const root = "api/2.0/mlflow/registered-models";

/**
 * Registered models, the names under which models are published: `/api/2.0/mlflow/registered-models/...`. Its writes
 * go straight to the server and skip the queue.
 *
 * @example
 * ```ts
 * import { createClient } from "tracklet/client";
 *
 * const { registeredModels, modelVersions } = createClient({ trackingUri: "http://localhost:5000" });
 * await registeredModels.create({ name: "digits", description: "Reads handwritten digits" });
 * const { version } = await modelVersions.create("digits", { source: "s3://models/digits/1" });
 * await registeredModels.setAlias("digits", "champion", version);
 * console.log((await registeredModels.getByAlias("digits", "champion"))?.source);
 * ```
 */
export class RegisteredModelsResource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Creates a registered model, yet without versions. Not sent twice by itself: a second arrival is refused.
   *
   * @throws AlreadyExistsError when the name is taken, also by a prompt.
   * @throws ValidationError when the name is empty, holds "/" or ":" or is longer than 256 characters.
   */
  async create(model: NewRegisteredModel, options?: CallOptions): Promise<RegisteredModel> {
    checkNewModel(model);
    const { name, description, tags } = model;
    checkNewName(name);
    for (const [key, value] of Object.entries(tags ?? {})) checkRegistryTag(key, value);
    const json = { name, description, tags: toPairs(tags) };
    return this.#model({ method: "POST", path: `${root}/create`, json }, options);
  }

  /** Gets a registered model. */
  async get(name: string, options?: CallOptions): Promise<RegisteredModel> {
    return this.#model({ method: "GET", path: `${root}/get`, query: { name } }, options);
  }

  /** Describes a registered model anew; an empty description removes the one that is there. */
  async update(
    name: string,
    change: { readonly description: string },
    options?: CallOptions,
  ): Promise<RegisteredModel> {
    const json = { name, description: change.description };
    return this.#model({ method: "PATCH", path: `${root}/update`, json }, options);
  }

  /**
   * Gives a registered model another name; its versions, tags and aliases go with it. Not sent twice by itself.
   *
   * @throws AlreadyExistsError when the new name is taken.
   * @throws ValidationError when the new name cannot be one.
   */
  async rename(name: string, newName: string, options?: CallOptions): Promise<RegisteredModel> {
    checkNewName(newName);
    return this.#model({ method: "POST", path: `${root}/rename`, json: { name, new_name: newName } }, options);
  }

  /** Deletes a registered model with all its versions, for good; their files stay. Not sent twice by itself. */
  async delete(name: string, options?: CallOptions): Promise<void> {
    await this.#done({ method: "DELETE", path: `${root}/delete`, json: { name }, idempotent: false }, options);
  }

  /**
   * Searches registered models, by name unless told otherwise. Prompts are left out.
   *
   * @example
   * ```ts
   * import { createClient, filter } from "tracklet/client";
   *
   * const { registeredModels } = createClient({ trackingUri: "http://localhost:5000" });
   * const found = registeredModels.search({ filter: filter`tags.team = ${"vision"} AND name LIKE ${"dig%"}` });
   * for await (const { name, aliases } of found) console.log(name, aliases["champion"]);
   * ```
   */
  search(query: SearchRegistryQuery = {}, options?: CallOptions): PagePromise<RegisteredModel> {
    const search = { path: `${root}/search`, maxResults: 100, schema: registeredModelsReply } as const;
    return searchRegistry(
      this.#transport,
      search,
      (reply) => reply.registered_models.map(toRegisteredModel),
      query,
      options,
    );
  }

  /** The version of the greatest number in each stage, or in each of the given ones. */
  async latestVersions(name: string, stages?: readonly ModelStage[], options?: CallOptions): Promise<ModelVersion[]> {
    const request = { method: "GET", path: `${root}/get-latest-versions`, query: { name, stages } } as const;
    const reply = await this.#transport.json(request, modelVersionsReply, options);
    return reply.model_versions.map(toModelVersion);
  }

  /** Sets a tag of a registered model. */
  async setTag(name: string, key: string, value: string, options?: CallOptions): Promise<void> {
    checkRegistryTag(key, value);
    const json = { name, key, value };
    await this.#done({ method: "POST", path: `${root}/set-tag`, json, idempotent: true }, options);
  }

  /** Deletes a tag of a registered model; one that is not there changes nothing. */
  async deleteTag(name: string, key: string, options?: CallOptions): Promise<void> {
    await this.#done({ method: "DELETE", path: `${root}/delete-tag`, json: { name, key } }, options);
  }

  /**
   * Lets an alias name a version, from then on instead of another one: `models:/name@alias`.
   *
   * @param alias Letters, digits, "_" and "-", at most 255; neither "latest" nor the like of "v1". "A" is not "a".
   * @throws ValidationError when the alias or the version cannot be one.
   * @throws NotFoundError when there is no such version.
   */
  async setAlias(name: string, alias: string, version: number | string, options?: CallOptions): Promise<void> {
    checkNewAlias(alias);
    const json = { name, alias, version: versionText(version) };
    await this.#done({ method: "POST", path: `${root}/alias`, json, idempotent: true }, options);
  }

  /** Deletes an alias; the version stays, and one that is not there changes nothing. */
  async deleteAlias(name: string, alias: string, options?: CallOptions): Promise<void> {
    await this.#done({ method: "DELETE", path: `${root}/alias`, json: { name, alias } }, options);
  }

  /**
   * The version that an alias names; "latest" is the newest one.
   *
   * @returns undefined when the model has no such alias, or the version is deleted.
   * @throws NotFoundError when there is no such model.
   */
  async getByAlias(name: string, alias: string, options?: CallOptions): Promise<ModelVersion | undefined> {
    try {
      const request = { method: "GET", path: `${root}/alias`, query: { name, alias } } as const;
      return toModelVersion((await this.#transport.json(request, modelVersionReply, options)).model_version);
    } catch (error) {
      // MLflow refuses an unknown alias with the same code as any other bad value: what the model says decides.
      if (!(error instanceof BadRequestError || error instanceof NotFoundError)) throw error;
      const { aliases } = await this.get(name, options);
      // MLflow 2 keeps aliases of deleted versions.
      if (error instanceof BadRequestError && Object.hasOwn(aliases, alias)) throw error;
      return undefined;
    }
  }

  async #model(request: ApiRequest, options: CallOptions | undefined): Promise<RegisteredModel> {
    return toRegisteredModel((await this.#transport.json(request, registeredModelReply, options)).registered_model);
  }

  async #done(request: ApiRequest, options: CallOptions | undefined): Promise<void> {
    await this.#transport.json(request, doneReply, options);
  }
}
