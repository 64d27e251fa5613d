import type { Experiment } from "../client/types/entities.ts";
import { IterationError } from "./finetuning-errors.ts";
import type { Names } from "./names.ts";
import type { Limits, Requests } from "./requests.ts";

/** The experiments of one plugin on the server. */
export class ExperimentStore {
  readonly #requests: Requests;
  readonly #names: Names;

  constructor(requests: Requests, names: Names) {
    this.#requests = requests;
    this.#names = names;
  }

  /** All active ones, newest first. */
  async all(limits: Limits): Promise<Experiment[]> {
    return (await this.#search(limits)).filter(({ name }) => this.#names.owns(name));
  }

  /** Those that tune, newest first. */
  async iterations(limits: Limits): Promise<Experiment[]> {
    return (await this.all(limits)).filter(({ name }) => this.#names.isIteration(name));
  }

  async #search(limits: Limits): Promise<Experiment[]> {
    const { client } = this.#requests;
    const query = { filter: this.#names.filter() };
    const found = await this.#requests.all(limits, (options) => client.experiments.search(query, options));
    return found.sort(newestFirst);
  }

  byName(name: string, limits: Limits): Promise<Experiment | undefined> {
    return this.#requests.send("read", limits, (options) => this.#requests.client.experiments.getByName(name, options));
  }

  byId(id: string, limits: Limits): Promise<Experiment> {
    return this.#requests.send("read", limits, (options) => this.#requests.client.experiments.get(id, options));
  }

  setTag(id: string, key: string, value: string, limits: Limits): Promise<void> {
    return this.#requests.send("write", limits, (options) =>
      this.#requests.client.experiments.setTag(id, key, value, options),
    );
  }

  /** The active experiment of that name: found, restored or made. */
  async ensure(name: string, limits: Limits): Promise<Experiment> {
    const { client } = this.#requests;
    const look = (options: object) => client.experiments.getByName(name, options);
    const found = await this.#requests.once("createExperiment", limits, look, (options) =>
      client.experiments.create({ name }, options),
    );
    return found.lifecycleStage === "active" ? found : this.#restored(found.experimentId, limits);
  }

  #restored(id: string, limits: Limits): Promise<Experiment> {
    const { client } = this.#requests;
    const look = async (options: object) => {
      const now = await client.experiments.get(id, options);
      return now.lifecycleStage === "active" ? now : undefined;
    };
    return this.#requests.once("restoreExperiment", limits, look, (options) => client.experiments.restore(id, options));
  }

  #renamed(id: string, done: (name: string) => boolean, name: string, limits: Limits): Promise<Experiment> {
    const { client } = this.#requests;
    const look = async (options: object) => {
      const now = await client.experiments.get(id, options);
      return done(now.name) ? now : undefined;
    };
    return this.#requests.once("archiveExperiment", limits, look, (options) =>
      client.experiments.update(id, { name }, options),
    );
  }

  /** Renames to `<name>_archive` and deletes; goes on where an earlier call ended. */
  async archive(id: string, limits: Limits): Promise<void> {
    const { client } = this.#requests;
    const experiment = await this.own(id, limits);
    const isArchived = (name: string): boolean => this.#names.isArchived(name);
    if (!isArchived(experiment.name)) {
      // MLflow cannot rename what is deleted.
      if (experiment.lifecycleStage === "deleted") await this.#restored(id, limits);
      await this.#renamed(id, isArchived, await this.#freeArchiveName(experiment.name, limits), limits);
    }
    const look = async (options: object) =>
      (await client.experiments.get(id, options)).lifecycleStage === "deleted" ? true : undefined;
    await this.#requests.once("archiveExperiment", limits, look, (options) => client.experiments.delete(id, options));
  }

  async #freeArchiveName(name: string, limits: Limits): Promise<string> {
    for (let n = 1; ; n++) {
      const free = this.#names.archive(name, n);
      if ((await this.byName(free, limits)) === undefined) return free;
    }
  }

  /** Takes an iteration out of the archive; goes on where an earlier call ended. */
  async restore(id: string, limits: Limits): Promise<Experiment> {
    const { name, lifecycleStage } = await this.own(id, limits);
    const plain = this.#names.unarchived(name);
    const other = name === plain ? undefined : await this.byName(plain, limits);
    if (other !== undefined)
      throw new IterationError(
        `Cannot restore the iteration ${id} as its name must be free: the experiment ${other.experimentId} is called "${plain}"`,
      );
    if (lifecycleStage === "deleted") await this.#restored(id, limits);
    return this.#renamed(id, (now) => now === plain, plain, limits);
  }

  /** An iteration of this plugin, archived or not. */
  async own(id: string, limits: Limits): Promise<Experiment> {
    const experiment = await this.byId(id, limits);
    if (this.#names.isIteration(this.#names.unarchived(experiment.name))) return experiment;
    throw new IterationError(
      `Cannot use the experiment ${id} as it must be a tuning iteration of the plugin "${this.#names.plugin}": it is called "${experiment.name}"`,
    );
  }
}

/** By creation; ids decide within one millisecond, as they are counted up. */
export function newestFirst(a: Experiment, b: Experiment): number {
  const time = (b.creationTime ?? 0) - (a.creationTime ?? 0);
  return time !== 0 ? time : Number(b.experimentId) - Number(a.experimentId) || 0;
}
