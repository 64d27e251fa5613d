"""Prints all that MLflow's Python client reads at the tracking URI argv[1] as JSON, artifacts' contents included."""
import base64
import json
import pathlib
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.entities import ViewType

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)


def number(value):
    return value if value == value else "NaN"


def files(run_id):
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(mlflow.artifacts.download_artifacts(run_id=run_id, dst_path=folder)) if client.list_artifacts(run_id) else pathlib.Path(folder)
        return {
            str(p.relative_to(top)): base64.b64encode(p.read_bytes()).decode() for p in sorted(top.rglob("*")) if p.is_file()
        }


out = []
for experiment in client.search_experiments(view_type=ViewType.ALL):
    for run in client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL, max_results=50000):
        out.append({
            "experiment": experiment.name,
            "runId": run.info.run_id,
            "name": run.info.run_name,
            "status": run.info.status,
            "startTime": run.info.start_time,
            "endTime": run.info.end_time,
            "params": run.data.params,
            "tags": run.data.tags,
            "metrics": {k: number(v) for k, v in run.data.metrics.items()},
            "history": {
                key: [[m.step, m.timestamp, number(m.value)] for m in client.get_metric_history(run.info.run_id, key)]
                for key in run.data.metrics
            },
            "files": files(run.info.run_id),
        })
print(json.dumps(out))
