"""Prints all that MLflow's Python client reads of the logged models and inputs of an experiment, and makes a model of its own.

argv: tracking URI, name of the experiment, folder for downloads, "make" to make one.
"""
import json
import os
import pathlib
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput

uri, name, folder = sys.argv[1:4]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)
experiment = client.get_experiment_by_name(name)

if "make" in sys.argv:
    source = pathlib.Path(folder) / "source" / "data"
    source.mkdir(parents=True)
    (source / "w.bin").write_bytes(b"python")
    with mlflow.start_run(experiment_id=experiment.experiment_id) as run:
        model = client.create_logged_model(
            experiment.experiment_id, name="from Python", source_run_id=run.info.run_id, params={"lr": "0.5"}
        )
        client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, step=4)])
        client.log_model_artifacts(model.model_id, str(source.parent))
        mlflow.log_metric("acc", 0.25, step=1, model_id=model.model_id)
        client.finalize_logged_model(model.model_id, "READY")


# Written by the download itself.
own = "registered_model_meta"


def files(model_id):
    target = os.path.join(folder, model_id)
    os.makedirs(target)
    path = mlflow.artifacts.download_artifacts(f"models:/{model_id}", dst_path=target)
    root = pathlib.Path(path)
    return {str(f.relative_to(root)): f.read_bytes().decode() for f in sorted(root.rglob("*")) if f.is_file() and f.name != own}


def shown(model):
    # One by one, too: the search and the read must tell the same.
    model = mlflow.get_logged_model(model.model_id)
    return {
        "id": model.model_id,
        "name": model.name,
        "type": model.model_type,
        "status": str(model.status),
        "run": model.source_run_id,
        "params": model.params,
        "tags": {k: v for k, v in model.tags.items() if not k.startswith("mlflow.")},
        "metrics": sorted([m.key, m.value, m.step, m.run_id] for m in model.metrics or []),
        "files": files(model.model_id),
    }


found = mlflow.search_logged_models(
    [experiment.experiment_id], output_format="list", order_by=[{"field_name": "name", "ascending": True}]
)
runs = client.search_runs([experiment.experiment_id])
print(
    json.dumps(
        {
            "models": [shown(model) for model in found],
            "outputs": {
                run.info.run_id: sorted([o.model_id, o.step] for o in run.outputs.model_outputs) for run in runs
            },
            "inputs": {
                run.info.run_id: [
                    {
                        "name": i.dataset.name,
                        "digest": i.dataset.digest,
                        "source_type": i.dataset.source_type,
                        "source": i.dataset.source,
                        "schema": i.dataset.schema,
                        "profile": i.dataset.profile,
                        "tags": {t.key: t.value for t in i.tags},
                    }
                    for i in run.inputs.dataset_inputs
                ]
                for run in runs
            },
        }
    )
)
