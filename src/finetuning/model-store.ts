import type { RunData } from "../client/types/entities.ts";
import { NotFoundError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { MODEL, ModelFolder, REQUIREMENTS, STAGE } from "./model-folder.ts";
import { modelDigest } from "./model-digest.ts";
import type { ModelFiles, ModelSerializer } from "./serializer.ts";
import type { Limits, Requests } from "./requests.ts";
import { DELETED, hasModel, isBeingDeleted, MODEL_DIGEST, MODEL_FOLDER, UPLOADED } from "./run-facts.ts";
import type { RunChange, RunStore } from "./run-store.ts";

/** How often a model is looked for that is saved anew each time it is read. */
const READS = 10;

/** Models of runs: the files are only believed while the marker says that all of them are there, and as its tags say. */
export class ModelStore<M> {
  readonly #runs: RunStore;
  readonly #folder: ModelFolder;
  readonly #serializer: ModelSerializer<M>;
  readonly #requirements: readonly string[];

  constructor(requests: Requests, runs: RunStore, serializer: ModelSerializer<M>, requirements: readonly string[]) {
    this.#runs = runs;
    this.#folder = new ModelFolder(requests);
    this.#serializer = serializer;
    this.#requirements = requirements;
  }

  /**
   * Uploads the whole model and then says so; what an earlier try left is removed first. A model that is there already
   * stays until the new one is whole beside it.
   *
   * @param change Written together with the marker.
   */
  async upload(
    runId: string,
    model: M,
    limits: Limits,
    change: Pick<RunChange, "points" | "tags"> = {},
  ): Promise<void> {
    const files = new Map(await this.#serializer.save(model));
    checkFiles(files);
    const digest = await modelDigest(files);
    if (this.#requirements.length > 0)
      files.set(REQUIREMENTS, new TextEncoder().encode(`${this.#requirements.join("\n")}\n`));
    let run = await this.#runs.get(runId, limits);
    const put = async (folder: string, points: RunChange["points"]): Promise<void> => {
      await this.#folder.replace(run, folder, files, limits);
      const isMarked = run.data.metrics[UPLOADED] === 1;
      const markers = {
        ...(!isMarked && { [UPLOADED]: 1 }),
        ...(run.data.metrics[DELETED] === 1 && { [DELETED]: 0 }),
      };
      const tags = { ...change.tags, [MODEL_FOLDER]: folder, [MODEL_DIGEST]: digest };
      await this.#runs.write(run, { markers, tags, ...(points && { points }) }, limits);
    };
    const wasBeside = folderOf(run) === STAGE;
    if (hasModel(run) && !wasBeside) {
      await put(STAGE, change.points);
      run = await this.#runs.get(runId, limits);
      await put(MODEL, undefined);
    } else await put(MODEL, change.points);
    if (wasBeside || folderOf(run) === STAGE) await this.#folder.remove(run, STAGE, limits);
  }

  /** The model of a run that has one; undefined when somebody deletes it meanwhile. */
  async download(run: RunData, limits: Limits): Promise<M | undefined> {
    let seen: RunData | undefined = run;
    for (let reads = 1; seen !== undefined && hasModel(seen); reads++) {
      const files = await this.#whole(seen, limits);
      if (files instanceof Map) return this.#serializer.load(files);
      const now = await this.#runs.find(seen.info.runId, limits);
      if (now !== undefined && (isSameModel(now, seen) || reads === READS)) throw files;
      seen = now;
    }
    return undefined;
  }

  /** The files, if they are those that were saved; otherwise what is wrong, which may be that somebody saves others now. */
  async #whole(run: RunData, limits: Limits): Promise<ModelFiles | Error> {
    try {
      const files = await this.#folder.read(run, folderOf(run), limits);
      const digest = run.data.tags[MODEL_DIGEST];
      if (digest === undefined || digest === (await modelDigest(files))) return files;
      return new ValidationError(
        `Cannot load the model of the run ${run.info.runId} as its files must be those that were saved: somebody has changed what is in "${folderOf(run)}"`,
      );
    } catch (error) {
      if (error instanceof NotFoundError) return error;
      throw error;
    }
  }

  /** Removes the model of a run for good and says so; false when there was none. */
  async delete(run: RunData, limits: Limits): Promise<boolean> {
    const { metrics } = run.data;
    if (metrics[DELETED] === 1) return false;
    let now = run;
    if (metrics[UPLOADED] === 1) {
      // First nobody may believe in it, then it goes.
      await this.#runs.write(run, { markers: { [UPLOADED]: 0 } }, limits);
      now = await this.#runs.get(run.info.runId, limits);
    } else if (!isBeingDeleted(run) && (await this.#folder.isEmpty(run, MODEL, limits))) {
      return false;
    }
    await this.#folder.remove(now, MODEL, limits);
    if (!(await this.#folder.isEmpty(now, STAGE, limits))) await this.#folder.remove(now, STAGE, limits);
    await this.#runs.write(now, { markers: { [DELETED]: 1 } }, limits);
    return true;
  }

  /** Address of the model's folder, as MLflow's own clients take it. */
  url(run: RunData): string {
    return `${run.info.artifactUri.replace(/\/+$/, "")}/${folderOf(run)}`;
  }
}

function folderOf({ data }: RunData): string {
  return data.tags[MODEL_FOLDER] === STAGE ? STAGE : MODEL;
}

/** True while nobody has saved another model. */
function isSameModel(a: RunData, b: RunData): boolean {
  return hasModel(a) && folderOf(a) === folderOf(b) && a.data.tags[MODEL_DIGEST] === b.data.tags[MODEL_DIGEST];
}

function checkFiles(files: ModelFiles): void {
  if (files.size === 0)
    throw new ValidationError("Cannot save a model as its serializer must give at least one file: it gave none");
  if (files.has(REQUIREMENTS))
    throw new ValidationError(
      `Cannot save a model as no file of it may be called "${REQUIREMENTS}": that one holds the requirements`,
    );
}
