import type { RunData } from "../client/types/entities.ts";
import type { Limits, Requests } from "./requests.ts";
import type { ModelFiles } from "./serializer.ts";

/** Artifact folder of a model. */
export const MODEL = "model";
/** Where a new model stands while it takes the place of one that is there. */
export const STAGE = "model_next";
/** Ours, beside the files of the serializer. */
export const REQUIREMENTS = "requirements.txt";

/** Files in the artifact folders of runs. */
export class ModelFolder {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Puts files where nothing else is left then. */
  async replace(run: RunData, folder: string, files: ModelFiles, limits: Limits): Promise<void> {
    const { runId, artifactUri } = run.info;
    if (!(await this.isEmpty(run, folder, limits))) await this.remove(run, folder, limits);
    for (const [path, bytes] of files) {
      await this.#requests.send("upload", limits, (options) =>
        this.#requests.client.artifacts.upload(runId, `${folder}/${path}`, bytes, { ...options, artifactUri }),
      );
    }
  }

  /** All files by their path in the folder, without ours. */
  async read({ info }: RunData, folder: string, limits: Limits): Promise<ModelFiles> {
    const { runId, artifactUri } = info;
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const path of await this.#list(runId, folder, limits)) {
      const name = path.slice(folder.length + 1);
      if (name === REQUIREMENTS) continue;
      const bytes = await this.#requests.send("download", limits, async (options) => {
        const reply = await this.#requests.client.artifacts.download(runId, path, { ...options, artifactUri });
        return new Uint8Array(await reply.arrayBuffer());
      });
      files.set(name, bytes);
    }
    return files;
  }

  async isEmpty({ info }: RunData, folder: string, limits: Limits): Promise<boolean> {
    const { artifacts } = this.#requests.client;
    const entries = await this.#requests.send("read", limits, (options) => artifacts.list(info.runId, folder, options));
    return entries.length === 0;
  }

  remove({ info }: RunData, folder: string, limits: Limits): Promise<void> {
    const { runId, artifactUri } = info;
    return this.#requests.send("deleteModel", limits, (options) =>
      this.#requests.client.artifacts.delete(runId, folder, { ...options, artifactUri }),
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
