import { ValidationError } from "../errors/usage-errors.ts";
import { losslessJson } from "./canonical-text.ts";

/** Files of a model: their path below the artifact folder `model`, with `/`, and their bytes. */
export type ModelFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/**
 * How a model becomes files and is made of them again.
 *
 * @typeParam M the model.
 */
export interface ModelSerializer<M> {
  /** Gives the files of a model, at least one, none of them called `requirements.txt`. */
  readonly save: (model: M) => ModelFiles | Promise<ModelFiles>;
  /** Makes a model of the files that `save` gave. */
  readonly load: (files: ModelFiles) => M | Promise<M>;
}

/**
 * Keeps a model that is plain data as `model.json`: lists, plain objects, text, finite numbers, booleans and null. What
 * JSON would change or lose without a word (typed arrays, NaN, maps, dates) is refused.
 *
 * @throws ValidationError at saving, for what JSON would lose.
 *
 * @example
 * ```ts
 * import { jsonSerializer } from "tracklet/finetuning";
 *
 * const files = await jsonSerializer<{ weights: number[] }>().save({ weights: [0.5, -1] });
 * console.log([...files.keys()]); // [ "model.json" ]
 * ```
 */
export function jsonSerializer<M>(): ModelSerializer<M> {
  return {
    save: (model) => {
      const text = losslessJson(
        model,
        (where, must, is) =>
          new ValidationError(
            `Cannot save a model as JSON as ${where === "" ? "it" : where} must be ${must}: current value is ${is}`,
          ),
      );
      return new Map([["model.json", new TextEncoder().encode(text)]]);
    },
    load: (files) => JSON.parse(new TextDecoder().decode(fileOf(files, "model.json"))) as M,
  };
}

/**
 * Keeps a model that is bytes, such as an ONNX or safetensors file.
 *
 * @param name Name of the file. @default "model.bin"
 *
 * @example
 * ```ts
 * import { bytesSerializer } from "tracklet/finetuning";
 *
 * const files = await bytesSerializer("model.onnx").save(Uint8Array.of(1, 2, 3));
 * console.log(files.get("model.onnx")?.byteLength); // 3
 * ```
 */
export function bytesSerializer(name = "model.bin"): ModelSerializer<Uint8Array<ArrayBuffer>> {
  return {
    save: (model) => new Map([[name, model]]),
    load: (files) => fileOf(files, name),
  };
}

/** @throws ValidationError when the model has no such file. */
export function fileOf(files: ModelFiles, name: string): Uint8Array<ArrayBuffer> {
  const bytes = files.get(name);
  if (bytes !== undefined) return bytes;
  throw new ValidationError(
    `Cannot load a model as it must have the file "${name}": it has ${[...files.keys()].join(", ") || "none"}`,
  );
}
