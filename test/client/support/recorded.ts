/** Answers of MLflow 3.17.2 as they were recorded, with ids filled in. */
export const runId = "0123456789abcdef0123456789abcdef";

export const recordedRun: object = {
  run: {
    info: {
      run_uuid: runId,
      experiment_id: "12",
      run_name: "first",
      user_id: "me",
      status: "FINISHED",
      start_time: 1700000000000,
      end_time: 1700000005000,
      artifact_uri: `mlflow-artifacts:/12/${runId}/artifacts`,
      lifecycle_stage: "active",
      run_id: runId,
    },
    data: {
      metrics: [
        { key: "loss", value: 0.25, timestamp: 1700000000001, step: 3 },
        { key: "nan", value: "NaN", timestamp: 1700000000001, step: 0 },
        { key: "inf", value: 1.7976931348623157e308, timestamp: 1700000000001, step: -4 },
      ],
      params: [{ key: "lr", value: "0.1" }],
      tags: [
        { key: "mlflow.runName", value: "first" },
        { key: "__proto__", value: "plain" },
      ],
    },
    inputs: {
      dataset_inputs: [
        {
          tags: [{ key: "mlflow.data.context", value: "training" }],
          dataset: { name: "iris", digest: "d1", source_type: "local", source: "iris.csv", schema: "{}" },
        },
      ],
      model_inputs: [{ model_id: "m-1" }],
    },
  },
};

/** A run right after `runs/create` with nothing but an experiment. */
export const recordedBareRun: object = {
  run: {
    info: {
      run_uuid: runId,
      experiment_id: "12",
      run_name: "bright-owl-1",
      user_id: "",
      status: "RUNNING",
      start_time: 0,
      artifact_uri: `mlflow-artifacts:/12/${runId}/artifacts`,
      lifecycle_stage: "active",
      run_id: runId,
    },
    data: { tags: [{ key: "mlflow.runName", value: "bright-owl-1" }] },
    inputs: {},
  },
};

export const recordedExperiment: object = {
  experiment: {
    experiment_id: "12",
    name: "digits",
    artifact_location: "mlflow-artifacts:/12",
    lifecycle_stage: "active",
    last_update_time: 1700000000002,
    creation_time: 1700000000001,
    tags: [{ key: "team", value: "x" }],
    workspace: "default",
  },
};

export const recordedFiles: object = {
  root_uri: `mlflow-artifacts:/12/${runId}/artifacts`,
  files: [
    { path: "dir/b.json", is_dir: false, file_size: 8 },
    { path: "dir/empty.bin", is_dir: false },
    { path: "dir/sub", is_dir: true },
  ],
};

export const recordedServerInfo: object = {
  store_type: "SqlStore",
  workspaces_enabled: false,
  trace_archival_enabled: false,
  multipart_uploads_enabled: false,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: true,
  presigned_upload_model_id_supported: true,
  features_enabled: { gateway: true },
};

export const htmlError: string =
  "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n<p>The server encountered an internal error.</p>\n";

export const loginPage: string =
  "<!DOCTYPE html><html><head><title>Sign in &middot; Example</title><script>var token = 'abc'</script></head><body>Sign in</body></html>";
