import type { RunData } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { ModelFiles, ModelSerializer } from "./serializer.ts";
import type { Limits, Requests } from "./requests.ts";
import { DELETED, hasModel, isBeingDeleted, UPLOADED } from "./run-facts.ts";
import type { RunStore } from "./run-store.ts";

/** Artifact folder of a model. */
const FOLDER = "model";
/** Ours, beside the files of the serializer. */
const REQUIREMENTS = "requirements.txt";

/** Models of runs: the files are only believed while the marker says that all of them are there. */
export class ModelStore<M> {
  readonly #requests: Requests;
  readonly #runs: RunStore;
  readonly #serializer: ModelSerializer<M>;
  readonly #requirements: readonly string[];

  constructor(requests: Requests, runs: RunStore, serializer: ModelSerializer<M>, requirements: readonly string[]) {
    this.#requests = requests;
    this.#runs = runs;
    this.#serializer = serializer;
    this.#requirements = requirements;
  }

  /**
   * Uploads the whole model and then says so; what an earlier try left is removed first.
   *
   * @param tags Set together with the marker.
   */
  async upload(runId: string, model: M, limits: Limits, tags: Readonly<Record<string, string>> = {}): Promise<void> {
    const files = new Map(await this.#serializer.save(model));
    checkFiles(files);
    if (this.#requirements.length > 0)
      files.set(REQUIREMENTS, new TextEncoder().encode(`${this.#requirements.join("\n")}\n`));
    const { artifacts } = this.#requests.client;
    let run = await this.#runs.get(runId, limits);
    if (hasModel(run)) {
      await this.#runs.write(run, { markers: { [UPLOADED]: 0 } }, limits);
      run = await this.#runs.get(runId, limits);
    }
    if ((await this.#list(runId, FOLDER, limits)).length > 0) await this.#remove(run, limits);
    const { artifactUri } = run.info;
    for (const [path, bytes] of files) {
      await this.#requests.send("upload", limits, (options) =>
        artifacts.upload(runId, `${FOLDER}/${path}`, bytes, { ...options, artifactUri }),
      );
    }
    const wasDeleted = run.data.metrics[DELETED] === 1;
    const markers = { [UPLOADED]: 1, ...(wasDeleted && { [DELETED]: 0 }) };
    await this.#runs.write(run, { markers, tags }, limits);
  }

  /** The model of a run that has one. */
  async download({ info }: RunData, limits: Limits): Promise<M> {
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const path of await this.#list(info.runId, FOLDER, limits)) {
      const name = path.slice(FOLDER.length + 1);
      if (name === REQUIREMENTS) continue;
      const bytes = await this.#requests.send("download", limits, async (options) => {
        const reply = await this.#requests.client.artifacts.download(info.runId, path, {
          ...options,
          artifactUri: info.artifactUri,
        });
        return new Uint8Array(await reply.arrayBuffer());
      });
      files.set(name, bytes);
    }
    return this.#serializer.load(files);
  }

  /** Removes the model of a run for good and says so; false when there was none. */
  async delete(run: RunData, limits: Limits): Promise<boolean> {
    const { runId } = run.info;
    const { metrics } = run.data;
    if (metrics[DELETED] === 1) return false;
    let now = run;
    if (metrics[UPLOADED] === 1) {
      // First nobody may believe in it, then it goes.
      await this.#runs.write(run, { markers: { [UPLOADED]: 0 } }, limits);
      now = await this.#runs.get(runId, limits);
    } else if (!isBeingDeleted(run) && (await this.#list(runId, FOLDER, limits)).length === 0) {
      return false;
    }
    await this.#remove(now, limits);
    await this.#runs.write(now, { markers: { [DELETED]: 1 } }, limits);
    return true;
  }

  /** Address of the model's folder, as MLflow's own clients take it. */
  url({ info }: RunData): string {
    return `${info.artifactUri.replace(/\/+$/, "")}/${FOLDER}`;
  }

  #remove({ info }: RunData, limits: Limits): Promise<void> {
    const { artifacts } = this.#requests.client;
    return this.#requests.send("deleteModel", limits, (options) =>
      artifacts.delete(info.runId, FOLDER, { ...options, artifactUri: info.artifactUri }),
    );
  }

  /** Paths of all files below a directory. */
  async #list(runId: string, directory: string, limits: Limits): Promise<string[]> {
    const entries = await this.#requests.send("read", limits, (options) =>
      this.#requests.client.artifacts.list(runId, directory, options),
    );
    const paths: string[] = [];
    for (const { path, isDirectory } of entries) {
      if (isDirectory) paths.push(...(await this.#list(runId, path, limits)));
      else paths.push(path);
    }
    return paths;
  }
}

function checkFiles(files: ModelFiles): void {
  if (files.size === 0)
    throw new ValidationError("Cannot save a model as its serializer must give at least one file: it gave none");
  if (files.has(REQUIREMENTS))
    throw new ValidationError(
      `Cannot save a model as no file of it may be called "${REQUIREMENTS}": that one holds the requirements`,
    );
}
