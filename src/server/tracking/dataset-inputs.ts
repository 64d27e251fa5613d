import type { ServerContext } from "../context.ts";
import type { Fields } from "../fields.ts";
import { limits } from "./limits.ts";
import { newId } from "./new-id.ts";
import type { KeyValue } from "./tag-rows.ts";
import { checkLength } from "./text-length.ts";

/** A dataset as input of a run, checked. Absent texts are "", but schema and profile may be none. */
export interface DatasetInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly tags: readonly KeyValue[];
}

export function datasetInputOf(input: Fields): DatasetInput {
  const dataset = input.message("dataset");
  const name = dataset?.text("name") ?? "";
  const digest = dataset?.text("digest") ?? "";
  checkLength(name, limits.datasetName, "name");
  checkLength(digest, limits.datasetDigest, "digest");
  const tags = input.messages("tags").map((tag) => {
    const key = tag.text("key") ?? "";
    const value = tag.text("value") ?? "";
    checkLength(key, limits.inputTagKey, tag.nameOf("key"));
    checkLength(value, limits.inputTagValue, tag.nameOf("value"));
    return { key, value };
  });
  return {
    name,
    digest,
    sourceType: dataset?.text("source_type") ?? "",
    source: dataset?.text("source") ?? "",
    schema: dataset?.text("schema") || null,
    profile: dataset?.text("profile") || null,
    tags,
  };
}

/**
 * Links datasets to a run. A dataset is one per experiment, name and digest, and is linked once: what was told first
 * about it stays, as in MLflow. Call it in a transaction.
 */
export function writeDatasetInputs(
  { db, random }: ServerContext,
  runId: string,
  experimentId: number,
  inputs: readonly DatasetInput[],
): void {
  const find = db.prepare("SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?");
  const add = db.prepare(
    "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const link = db.prepare(
    "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id) VALUES (?, 'DATASET', ?, 'RUN', ?) ON CONFLICT DO NOTHING",
  );
  const tag = db.prepare("INSERT INTO input_tags (input_uuid, name, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  for (const input of inputs) {
    let dataset = find.get(experimentId, input.name, input.digest)?.["dataset_uuid"];
    if (dataset === undefined || dataset === null) {
      dataset = newId(random);
      add.run(
        dataset,
        experimentId,
        input.name,
        input.digest,
        input.sourceType,
        input.source,
        input.schema,
        input.profile,
      );
    }
    const id = newId(random);
    if (link.run(id, dataset, runId) === 0) continue;
    for (const { key, value } of input.tags) tag.run(id, key, value);
  }
}
