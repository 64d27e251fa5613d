import { ValidationError } from "../errors/usage-errors.ts";
import type { SavableModel, SaveConfig, TfjsArtifacts, TfjsWeight } from "./types.ts";

/** Names of the two files that TensorFlow.js keeps a model in, anywhere. */
export const JSON_FILE = "model.json";
const WEIGHTS_FILE = "weights.bin";

/**
 * A model as files that `tf.loadLayersModel(url)` takes too.
 *
 * @throws ValidationError for a model that gives no topology, or a binary one.
 */
export async function toFiles(model: SavableModel, config: SaveConfig): Promise<Record<string, string | Blob>> {
  let artifacts: TfjsArtifacts = {};
  const handler = {
    async save(given: TfjsArtifacts) {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" as const } };
    },
  };
  await model.save(handler, config);
  const { modelTopology, weightSpecs = [], weightData = [], ...rest } = artifacts;
  if (modelTopology === undefined || modelTopology instanceof ArrayBuffer) {
    throw new ValidationError(
      `Cannot save the model as its topology must be JSON: current value is ${modelTopology === undefined ? "undefined" : "binary"}`,
    );
  }
  const weightsManifest = [{ paths: [WEIGHTS_FILE], weights: weightSpecs }];
  return {
    [JSON_FILE]: JSON.stringify({ format: "layers-model", ...rest, modelTopology, weightsManifest }),
    [WEIGHTS_FILE]: new Blob([weightData].flat()),
  };
}

/**
 * The same back again.
 *
 * @param read Gives the bytes of a file beside `model.json`.
 * @throws ValidationError when `model.json` is no model of TensorFlow.js.
 */
export async function fromFiles(json: string, read: (path: string) => Promise<ArrayBuffer>): Promise<TfjsArtifacts> {
  const { weightsManifest, ...rest } = parse(json);
  const paths = weightsManifest.flatMap((group) => group.paths);
  const data: ArrayBuffer[] = [];
  for (const path of paths) data.push(await read(path));
  return {
    ...rest,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: await new Blob(data).arrayBuffer(),
  };
}

interface ModelJson extends Omit<TfjsArtifacts, "weightSpecs" | "weightData"> {
  readonly weightsManifest: readonly { readonly paths: string[]; readonly weights: TfjsWeight[] }[];
}

function parse(json: string): ModelJson {
  let parsed: Partial<ModelJson> | null;
  try {
    parsed = JSON.parse(json) as Partial<ModelJson> | null;
  } catch (cause) {
    throw notOne("it is no JSON", cause);
  }
  const { modelTopology, weightsManifest } = parsed ?? {};
  if (typeof modelTopology !== "object") throw notOne("it has no modelTopology");
  if (!Array.isArray(weightsManifest)) throw notOne("it has no weightsManifest");
  for (const group of weightsManifest as readonly Record<string, unknown>[]) {
    const { paths, weights } = group ?? {};
    if (!Array.isArray(paths) || !Array.isArray(weights))
      throw notOne("its weightsManifest names no paths and weights");
    for (const path of paths) {
      // What stands in a file of others must not lead out of the model's folder.
      const safe = typeof path === "string" && !/^[\\/]|:|(^|[\\/])\.\.([\\/]|$)/.test(path);
      if (!safe) throw notOne(`its weights lie at "${String(path)}", outside of the model`);
    }
  }
  return parsed as ModelJson;
}

function notOne(why: string, cause?: unknown): ValidationError {
  const message = `Cannot load the model as ${JSON_FILE} must be one of TensorFlow.js, and ${why}`;
  return new ValidationError(message, cause === undefined ? undefined : { cause });
}
