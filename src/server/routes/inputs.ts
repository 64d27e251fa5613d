import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import { type Json, list } from "../json.ts";
import { refuse, refuseValue } from "../refusal.ts";
import type { RequestFields, Route } from "../route.ts";
import { datasetInputOf, writeDatasetInputs } from "../tracking/dataset-inputs.ts";
import { experimentNumber } from "../tracking/experiment-rows.ts";
import { limits } from "../tracking/limits.ts";
import { newId } from "../tracking/new-id.ts";
import { requireActiveRun, runIdOf } from "../tracking/run-rows.ts";

/** Datasets and models that a run uses or makes. */
export const inputRoutes: readonly Route[] = [
  { method: "POST", path: "/api/2.0/mlflow/runs/log-inputs", handle: logInputs },
  { method: "POST", path: "/api/2.0/mlflow/runs/outputs", since: 3, handle: logOutputs },
  { method: "POST", path: "/ajax-api/2.0/mlflow/experiments/search-datasets", handle: searchDatasets },
];

const insertInput: string =
  "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step) VALUES (?, ?, ?, ?, ?, ?)";

function logInputs(context: ServerContext, request: RequestFields): Json {
  const { db, random } = context;
  const fields = new Fields(request);
  const id = runIdOf(fields);
  const datasets = fields.messages("datasets").map(datasetInputOf);
  const models = fields.messages("models").map((model) => model.requiredText("model_id"));
  return db.transaction(() => {
    const run = requireActiveRun(context, id);
    writeDatasetInputs(context, id, Number(run["experiment_id"]), datasets);
    const write = db.prepare(`${insertInput} ON CONFLICT DO NOTHING`);
    for (const model of models) write.run(newId(random), "RUN_INPUT", id, "MODEL_INPUT", model, 0);
    return {};
  });
}

function logOutputs(context: ServerContext, request: RequestFields): Json {
  const { db, random } = context;
  const fields = new Fields(request);
  const id = runIdOf(fields);
  const models = fields
    .messages("models")
    .map((model) => ({ id: model.requiredText("model_id"), step: model.int64("step") ?? 0 }));
  if (models.length === 0) fields.missing("models");
  return db.transaction(() => {
    requireActiveRun(context, id);
    const write = db.prepare(`${insertInput} ON CONFLICT DO NOTHING`);
    for (const model of models) {
      if (write.run(newId(random), "RUN_OUTPUT", id, "MODEL_OUTPUT", model.id, model.step) > 0) continue;
      refuse(
        "BAD_REQUEST",
        `Cannot log model '${model.id.slice(0, 100)}' as output of run '${id}' as it is one already`,
      );
    }
    return {};
  });
}

function searchDatasets({ db }: ServerContext, request: RequestFields): Json {
  const ids = new Fields(request).texts("experiment_ids");
  if (ids.length === 0) refuseValue("SearchDatasets request must specify at least one experiment_id.");
  if (ids.length > limits.searchDatasetsExperiments) {
    refuseValue(
      `SearchDatasets request cannot specify more than ${limits.searchDatasetsExperiments} experiment_ids. Received ${ids.length} experiment_ids.`,
    );
  }
  const rows = db
    .prepare(
      "SELECT d.experiment_id, d.name, d.digest, t.value AS context FROM datasets d JOIN inputs i ON i.source_id = d.dataset_uuid AND i.source_type = 'DATASET' " +
        "LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context' " +
        "WHERE d.experiment_id IN (SELECT value FROM json_each(?)) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, min(i.rowid) LIMIT 1000",
    )
    .all(JSON.stringify(ids.map(experimentNumber)));
  return {
    dataset_summaries: list(
      rows.map((row) => ({
        experiment_id: String(row["experiment_id"]),
        name: String(row["name"]),
        digest: String(row["digest"]),
        context: typeof row["context"] === "string" ? row["context"] : undefined,
      })),
    ),
  };
}
