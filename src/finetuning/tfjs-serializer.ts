import { ValidationError } from "../errors/usage-errors.ts";
import { fileOf, type ModelSerializer } from "./serializer.ts";

/** A model of TensorFlow.js, by its structure: what its IO handlers carry. */
export interface TfjsArtifacts {
  readonly modelTopology?: unknown;
  readonly weightSpecs?: readonly unknown[] | undefined;
  readonly weightData?: ArrayBuffer | readonly ArrayBuffer[] | undefined;
}

/** The two functions of TensorFlow.js that are needed; `tf` itself has them. */
export interface TfjsIo<M> {
  readonly io: {
    withSaveHandler(save: (artifacts: TfjsArtifacts) => Promise<unknown>): unknown;
    fromMemory(artifacts: never): unknown;
  };
  loadLayersModel(handler: never): Promise<M>;
}

/**
 * Keeps a layers model of TensorFlow.js in that library's own form, `model.json` and `weights.bin`, which
 * `tf.loadLayersModel` reads from any web server, too.
 *
 * @param tf TensorFlow.js, which this library does not bring.
 *
 * @example
 * ```ts no-check
 * import * as tf from "@tensorflow/tfjs";
 * import { createExperimentsManager, tfjsSerializer } from "tracklet/finetuning";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * const manager = createExperimentsManager({
 *   tracker,
 *   mainMetric: "loss",
 *   isLoss: true,
 *   pluginName: "digits",
 *   serializer: tfjsSerializer(tf),
 * });
 * ```
 */
export function tfjsSerializer<M extends { save(handler: never): Promise<unknown> }>(
  tf: TfjsIo<M>,
): ModelSerializer<M> {
  return {
    save: async (model) => {
      let saved: TfjsArtifacts | undefined;
      const handler = tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
      });
      await model.save(handler as never);
      if (saved === undefined)
        throw new ValidationError(
          "Cannot save a model of TensorFlow.js as it must call its save handler, and it did not",
        );
      const { weightData, weightSpecs = [], ...rest } = saved;
      const manifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
      const text = JSON.stringify({ format: "layers-model", ...rest, weightsManifest: manifest });
      return new Map([
        ["model.json", new TextEncoder().encode(text)],
        ["weights.bin", oneOf(weightData)],
      ]);
    },
    load: (files) => {
      const { weightsManifest, ...rest } = JSON.parse(new TextDecoder().decode(fileOf(files, "model.json")));
      const weightSpecs = (weightsManifest ?? []).flatMap((group: { weights?: unknown[] }) => group.weights ?? []);
      const weightData = Uint8Array.from(fileOf(files, "weights.bin")).buffer;
      return tf.loadLayersModel(tf.io.fromMemory({ ...rest, weightSpecs, weightData } as never) as never);
    },
  };
}

function oneOf(data: TfjsArtifacts["weightData"]): Uint8Array<ArrayBuffer> {
  const parts = data === undefined ? [] : data instanceof ArrayBuffer ? [data] : data;
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole;
}
