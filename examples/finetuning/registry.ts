import type { Client } from "tracklet/client";

/** What is known of an iteration that was rolled back. */
export interface Refused {
  /** MLflow's id of its experiment. */
  readonly iterationId: string;
  readonly loss: number;
  readonly accuracy: number;
}

/** The registered model: its versions, the alias of the deployed one, and in its tags what was rolled back. */
export class Registry {
  readonly #client: Client;
  readonly #name: string;
  readonly #alias: string;

  constructor(client: Client, name: string, alias: string) {
    this.#client = client;
    this.#name = name;
    this.#alias = alias;
  }

  async #model() {
    const { registeredModels } = this.#client;
    const { items } = await registeredModels.search({ filter: `name = '${this.#name}'` });
    return items[0] ?? registeredModels.create({ name: this.#name });
  }

  /** Makes a run's model a version, once. */
  async version(runId: string): Promise<number> {
    await this.#model();
    const { modelVersions } = this.#client;
    const { items } = await modelVersions.search({ filter: `name = '${this.#name}' AND run_id = '${runId}'` });
    const source = `runs:/${runId}/model`;
    return (items[0] ?? (await modelVersions.create(this.#name, { source, runId }))).version;
  }

  /** Points the alias at a version, if it does not yet. */
  async deploy(version: number): Promise<void> {
    const { registeredModels } = this.#client;
    const deployed = await registeredModels.getByAlias(this.#name, this.#alias);
    if (deployed?.version !== version) await registeredModels.setAlias(this.#name, this.#alias, version);
  }

  async refuse(batchId: string, refused: Refused): Promise<void> {
    await this.#model();
    await this.#client.registeredModels.setTag(this.#name, `rolled back ${batchId}`, JSON.stringify(refused));
  }

  /** Why an iteration is not to be trained again; undefined when it may be. */
  async refused(batchId: string): Promise<Refused | undefined> {
    const text = (await this.#model()).tags[`rolled back ${batchId}`];
    return text === undefined ? undefined : (JSON.parse(text) as Refused);
  }
}
