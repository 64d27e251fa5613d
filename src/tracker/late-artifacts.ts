import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { ArtifactLog } from "./artifact-log.ts";
import { type Core, inBackground } from "./core.ts";
import { textOf } from "./entries.ts";
import { quote } from "./key.ts";
import { limited } from "./limited.ts";
import type { RunHandle } from "./run.ts";
import type { ImagePixels } from "./types/artifacts.ts";
import type { InputDataset, InputOptions } from "./types/datasets.ts";
import type { ModelFiles } from "./types/models.ts";
import { jsonText } from "./value-text.ts";

/** The options of calls that have more than all. */
const more: Readonly<Record<string, string>> = {
  logArtifact: "name reference",
  logImage: "path key step timestamp",
  logModel: "name type step params tags",
};

/** The artifacts of one run, loaded with the first of them; what is logged is fixed before that. */
export class LateArtifacts {
  readonly #core: Core;
  readonly #run: RunHandle;
  #log: Promise<ArtifactLog> | undefined;

  constructor(core: Core, run: RunHandle) {
    this.#core = core;
    this.#run = run;
  }

  /** Calls `body` with the log and what `now()` gives at once: a value may have changed by the time it is written. */
  log<T = undefined, R = void>(
    what: string,
    options: CallOptions | undefined,
    body: (log: ArtifactLog, now: T, limits: { signal?: AbortSignal }) => Promise<R>,
    now?: () => T,
    path?: string,
  ): Promise<R> {
    const work = limited(this.#core, what, options, more[what] ?? "", async (limits) => {
      this.#core.guard.mustBeOpen(what, this.#run.localId);
      const taken = attempt(path === undefined ? what : `${what} ${quote(textOf(path))}`, now);
      return body(await this.#load(), taken as T, limits);
    });
    return inBackground(this.#core, work);
  }

  /** Reads the content of a dataset, and logs what is known of it then. */
  input({ data, ...dataset }: InputDataset, options: InputOptions | undefined): void {
    const work = import("./on-demand.ts")
      .then(({ describeData }) => describeData(this.#core, data!))
      .then((known) => this.#run.logInput({ ...known, ...dataset }, options))
      .catch((cause: unknown) => {
        const key = textOf(dataset.name);
        const message = `Cannot log the input ${quote(key)} as its data cannot be read: ${textOf(cause)}`;
        this.#core.guard.tell({ kind: "invalid-value", message, key, run: this.#run.localId, cause });
      });
    void inBackground(this.#core, work);
  }

  #load(): Promise<ArtifactLog> {
    this.#log ??= import("./on-demand.ts").then(({ ArtifactLog }) => new ArtifactLog(this.#core, this.#run));
    return this.#log;
  }
}

function attempt<T>(what: string, now: (() => T) | undefined): T | undefined {
  try {
    return now?.();
  } catch (cause) {
    throw new ValidationError(`Cannot ${what} as the value must have a JSON form: ${textOf(cause)}`, { cause });
  }
}

/** A value as JSON text. @throws TypeError when it has none */
export function jsonNow(value: unknown, indent?: number): string {
  const text = jsonText(value, indent);
  if (text === undefined) throw new TypeError(`${typeof value} has none`);
  return text;
}

/** Bytes as they are now: the caller may go on writing into them. */
export function bytesNow<T>(source: T | Uint8Array): T | Blob {
  return source instanceof Uint8Array ? new Blob([source as Uint8Array<ArrayBuffer>]) : source;
}

/** The files of a model with their bytes as they are now. */
export function filesNow(files: ModelFiles): ModelFiles {
  if (typeof files !== "object" || files instanceof URL) return files;
  return Object.fromEntries(Object.entries(files).map(([path, file]) => [path, bytesNow(file)]));
}

/** An image as it is now; what is neither bytes nor pixels is refused later. */
export function imageNow(image: Blob | Uint8Array | ImagePixels): Blob | ImagePixels {
  const pixels = image as Partial<ImagePixels> | null;
  if (!ArrayBuffer.isView(pixels?.data)) return bytesNow<Blob>(image as Blob);
  return { width: pixels.width!, height: pixels.height!, data: pixels.data.slice() };
}
