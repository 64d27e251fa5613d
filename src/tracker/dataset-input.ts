import { codePoints, cutText, limits } from "../client/limits.ts";
import type { DatasetInput } from "../client/types/entities.ts";
import { textOf } from "./entries.ts";
import { quote } from "./key.ts";
import type { InputDataset, InputOptions } from "./types/datasets.ts";
import { jsonText, valueText } from "./value-text.ts";

/** A dataset as MLflow stores it, or why it cannot be. */
export function inputOf(dataset: InputDataset, options: InputOptions | undefined): DatasetInput | string {
  try {
    const { name, sourceType = "local" } = dataset ?? {};
    if (typeof name !== "string" || name === "" || codePoints(name) > limits.datasetNameLength) {
      return `the name of a dataset must have 1 to 500 characters: current value is ${typeof name === "string" ? `a text of ${codePoints(name)}` : textOf(name)}`;
    }
    const text = (value: string | object | undefined): string | undefined =>
      value === undefined ? undefined : typeof value === "string" ? value.toWellFormed() : jsonText(value);
    const [source = "{}", schema, profile] = [text(dataset.source), text(dataset.schema), text(dataset.profile)];
    const digest = dataset.digest ?? digestOf([name, sourceType, source, schema, profile].join("\0"));
    if (typeof digest !== "string" || digest === "" || codePoints(digest) > limits.datasetDigestLength) {
      return `the digest of a dataset must have 1 to 36 characters: current value is "${textOf(digest)}"`;
    }
    const given = {
      ...options?.tags,
      ...(options?.context === undefined ? {} : { "mlflow.data.context": options.context }),
    };
    const tags = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [key, cutText(valueText(value) ?? "", 500)]),
    );
    return { dataset: { name: name.toWellFormed(), digest, sourceType, source, schema, profile }, tags };
  } catch (error) {
    return `its source, schema and profile must have a JSON form: ${textOf(error)}`;
  }
}

/** Datasets of a run by name and digest, as they were told first. */
export type ToldInputs = Map<string, string>;

/**
 * Notes a dataset, and says what is lost when the run has it with other tags, source, schema or profile: MLflow keeps the
 * first and drops the second without a word.
 */
export function inputConflict(told: ToldInputs, { dataset, tags }: DatasetInput): string | undefined {
  const { name, digest, sourceType, source, schema, profile } = dataset;
  const id = jsonText([name, digest])!;
  // The server says nothing as an empty text, and tags in an order of its own.
  const all = jsonText([Object.entries(tags).sort(), sourceType, source, schema || "", profile || ""])!;
  const first = told.get(id) ?? all;
  told.set(id, first);
  if (first === all) return undefined;
  return `Cannot log the input ${quote(name)} again as a run keeps a dataset once, as it was first: this context, tags and source are not kept; use another name or digest`;
}

/** 8 hex digits (FNV-1a): tells two descriptions apart, as MLflow's own short digests do. */
function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
