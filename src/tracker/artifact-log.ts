import { ConfigurationError, ValidationError } from "../errors/usage-errors.ts";
import { ofFile } from "../queue/chunk/file-body.ts";
import { fileBody } from "../queue/chunk/file-state.ts";
import { deliverySettings } from "../queue/settings.ts";
import type { Files } from "../runtime/ports/files.ts";
import { artifactPath, artifactPathIn } from "./artifact-path.ts";
import type { Core } from "./core.ts";
import { fetchArtifact } from "./fetch-artifact.ts";
import { folderFiles } from "./folder-files.ts";
import { quote } from "./key.ts";
import { LoggedTables } from "./logged-tables.ts";
import { readWhole } from "./read-whole.ts";
import type { RunHandle } from "./run.ts";
import { logModel, type ModelNow } from "./log-model.ts";
import type { TableNow } from "./table-now.ts";
import type { ArtifactOptions, ImageOptions, ImagePixels } from "./types/artifacts.ts";
import type { LoggedModelHandle } from "./types/models.ts";

/** The artifacts of one run: what is logged becomes a body and a path for the queue. */
export class ArtifactLog {
  readonly #core: Core;
  readonly #handle: RunHandle;
  readonly #run: string;
  readonly #tables: LoggedTables;
  #saidImages = false;

  /** `target` is the run itself, or a logged model of it, which the files go to. */
  constructor(core: Core, run: RunHandle, target: string = run.localId) {
    this.#core = core;
    this.#handle = run;
    this.#run = target;
    this.#tables = new LoggedTables(core, run);
  }

  async text(text: string, path: string, type: string): Promise<void> {
    if (typeof text !== "string") {
      throw new ValidationError(
        `Cannot log the artifact ${quote(artifactPath(path))} as its content must be a text: current value is ${typeof text}; use logJson`,
      );
    }
    await this.body(new Blob([text.toWellFormed()], { type }), path);
  }

  async body(body: Blob | Uint8Array, path: string): Promise<void> {
    const checked = artifactPath(path);
    if (!(body instanceof Blob)) {
      throw new ValidationError(
        `Cannot log the artifact ${quote(checked)} as it must be a Blob or a Uint8Array: current value is ${typeof body}`,
      );
    }
    await this.#put(checked, body);
  }

  /** JSON text under its path, as YAML where the path says so. */
  async dict(json: string, path: string): Promise<void> {
    if (!/\.ya?ml$/.test(artifactPath(path))) return this.text(json, path, "application/json");
    const { yamlText } = await import("./yaml-text.ts");
    await this.text(yamlText(JSON.parse(json)), path, "application/yaml");
  }

  async figure(text: string, path: string): Promise<void> {
    const ending = /\.(svg|html?)$/.exec(artifactPath(path))?.[1];
    if (ending !== undefined) return this.text(text, path, ending === "svg" ? "image/svg+xml" : "text/html");
    throw new ValidationError(
      `Cannot log the figure as its path must end in ".svg" or ".html": current value is ${quote(path)}; use logImage for images`,
    );
  }

  async image(image: Blob | ImagePixels, options: ImageOptions): Promise<void> {
    if (typeof options !== "object" || options === null || typeof image !== "object" || image === null) {
      throw new ValidationError(
        `Cannot log the image as it must be a Blob, a Uint8Array or { width, height, data }, with options: current values are ${typeof image} and ${typeof options}`,
      );
    }
    const { imageFiles } = await import("./log-image.ts");
    const { clock, random } = this.#core.runtime;
    for (const { path, body } of await imageFiles(image, options, clock.now(), random)) await this.#put(path, body);
    // What makes MLflow's UI look for series; Python's True.
    if (options.key === undefined || this.#handle.ended !== undefined || this.#saidImages) return;
    this.#saidImages = true;
    this.#handle.setTag("mlflow.loggedImages", "True");
  }

  async table([json, images]: TableNow, path: string, limits: { signal?: AbortSignal }): Promise<void> {
    const checked = artifactPath(path);
    if (!checked.endsWith(".json")) {
      throw new ValidationError(
        `Cannot log the table as its path must end in ".json": current value is ${quote(checked)}`,
      );
    }
    const forbidden = /["',:[\]{}]/.exec(checked)?.[0];
    if (forbidden !== undefined) {
      throw new ValidationError(
        `Cannot log the table ${quote(checked)} as MLflow does not find tables whose path has the character ${forbidden}`,
        { key: checked },
      );
    }
    const table: unknown = JSON.parse(json);
    if (images.length > 0) {
      const { tableImages } = await import("./table-images.ts");
      const files = await tableImages(table, images, checked, this.#core.runtime.random);
      for (const file of files) await this.#put(file.path, file.body);
    }
    await this.#tables.add(table, checked, (body) => this.#hand(checked, body), limits.signal);
  }

  model(model: ModelNow, limits: { signal?: AbortSignal }): Promise<LoggedModelHandle> {
    const filesOf = (localId: string): ArtifactLog => new ArtifactLog(this.#core, this.#handle, localId);
    return logModel(this.#core, this.#handle.localId, model, limits, filesOf);
  }

  async source(
    source: string | URL | Blob | Uint8Array,
    folder: string | undefined,
    options: ArtifactOptions,
  ): Promise<void> {
    if (source instanceof Blob) {
      const name = options.name ?? ("name" in source && typeof source.name === "string" ? source.name : undefined);
      if (name === undefined) {
        throw new ValidationError('Cannot log bytes as an artifact as they need a name: pass { name: "weights.bin" }');
      }
      return this.body(source, artifactPathIn(folder, name));
    }
    if (source instanceof URL && source.protocol !== "file:") return this.#remote(source, folder, options);
    if (typeof source !== "string" && !(source instanceof URL)) {
      throw new ValidationError(
        `Cannot log an artifact as its source must be a path, a URL, a Blob or a Uint8Array: current value is ${typeof source}`,
      );
    }
    const files = this.#files();
    const path = files.resolve(source);
    const stat = await files.stat(path);
    if (stat === undefined) throw new ValidationError(`Cannot log the artifact "${path}" as there is no such file`);
    const name = options.name ?? files.basename(path);
    if (stat.isDirectory) return (await this.#folder(files, path, artifactPathIn(folder, name), options))();
    await this.#file(files, path, artifactPathIn(folder, name), options.reference === true);
  }

  async directory(
    directory: string | URL,
    folder: string | undefined,
    options: { signal?: AbortSignal },
  ): Promise<void> {
    await (await this.wholeDirectory(directory, folder, options))();
  }

  /** Looks at a directory, and gives what logs its files: before that nothing of it is. */
  async wholeDirectory(
    directory: string | URL,
    folder: string | undefined,
    options: { signal?: AbortSignal },
  ): Promise<() => Promise<void>> {
    const files = this.#files();
    const path = files.resolve(directory);
    const stat = await files.stat(path);
    if (!stat?.isDirectory)
      throw new ValidationError(`Cannot log the artifacts of "${path}" as it must be a directory`);
    const prefix = folder === undefined || folder === "" ? "" : artifactPathIn(undefined, folder.replace(/\/$/, ""));
    return this.#folder(files, path, prefix, options);
  }

  async #folder(
    files: Files,
    path: string,
    prefix: string,
    { signal }: { signal?: AbortSignal },
  ): Promise<() => Promise<void>> {
    const found = await folderFiles(this.#core, files, this.#run, [path, prefix], signal);
    return async () => {
      for (const file of found) {
        signal?.throwIfAborted();
        await this.#file(files, file.path, file.target, false);
      }
    };
  }

  async #file(files: Files, path: string, target: string, reference: boolean): Promise<void> {
    const stat = await files.stat(path);
    if (stat === undefined) throw new ValidationError(`Cannot log the artifact "${path}" as there is no such file`);
    const { durable } = this.#core.queue;
    // No copy of it would ever have room.
    const inPlace = reference || stat.size > deliverySettings(this.#core.options.delivery).maxStoredBytes;
    const file = fileBody(files, { path, size: stat.size, modified: stat.modified }, inPlace);
    if (inPlace || durable) {
      const opened = await readWhole("artifact", file, () => files.open(path));
      // From here on the queue looks whether it changes: what is rejected must not wait there.
      return this.#put(target, ofFile(opened, file));
    }
    // A file Blob reads when it is sent: a checkpoint that is overwritten each epoch must go out as it was now.
    const copy = await readWhole("artifact", file, async () => {
      const blob = await files.open(path);
      return new Blob([await blob.arrayBuffer()], { type: blob.type });
    });
    await this.#put(target, copy);
  }

  async #put(path: string, body: Blob): Promise<void> {
    if (!path.endsWith(".json")) return this.#hand(path, body);
    await this.#tables.replace(path, body, (it) => this.#hand(path, it));
  }

  async #hand(path: string, body: Blob): Promise<void> {
    // It may have taken so long to read that the tracker closed without it.
    this.#core.guard.mustBeOpen(`log the artifact ${quote(path)}`, this.#run);
    await this.#core.queue.logArtifact(this.#run, path, body);
  }

  async #remote(source: URL, folder: string | undefined, options: ArtifactOptions): Promise<void> {
    // Before anything is fetched: the name may be one that cannot be used.
    const target = artifactPathIn(folder, options.name ?? nameIn(source));
    await this.body(await fetchArtifact(this.#core, source, target, options.signal), target);
  }

  #files(): Files {
    const { files } = this.#core.runtime;
    if (files !== undefined) return files;
    throw new ConfigurationError(
      "Cannot log a local file as this platform has no file system: pass a Blob, a Uint8Array or a URL",
    );
  }
}

/** The last part of an address; as it stands where it has a percent sign that escapes nothing. */
function nameIn({ pathname }: URL): string {
  const name = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
