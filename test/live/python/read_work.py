"""Prints all that MLflow's Python client reads of an experiment and a registered model, ids and times replaced, runs by their names.

argv: tracking URI, experiment, registered model.
"""
import hashlib
import io
import json
import os
import pathlib
import re
import sys
import tempfile

import mlflow
import yaml
from mlflow import MlflowClient
from PIL import Image

uri, name, registered = sys.argv[1:4]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)
experiment = client.get_experiment_by_name(name)
runs = client.search_runs([experiment.experiment_id])
models = mlflow.search_logged_models([experiment.experiment_id], output_format="list")
ids = {experiment.name: "<experiment>", registered: "<registered model>"}
ids |= {run.info.run_id: f"<run {run.info.run_name}>" for run in runs}
ids |= {model.model_id: f"<model {model.name}>" for model in models}


def named(text):
    for known, shown in ids.items():
        text = text.replace(known, shown)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>", text)


def shown_tags(tags):
    # Two programs do the same work: each is named by its file.
    shown = {key: named(value) for key, value in tags.items()}
    if os.path.isfile(shown.get("mlflow.source.name", "")):
        shown["mlflow.source.name"] = "<program>"
    return shown


def number(value):
    return value if value == value else "NaN"


def content(path):
    data = path.read_bytes()
    if path.suffix in (".png", ".webp"):
        image = Image.open(io.BytesIO(data))
        pixels = hashlib.sha256(image.tobytes()).hexdigest()
        return {"size": list(image.size), "mode": image.mode, "pixels": pixels}
    try:
        text = named(data.decode())
        # What a reader gets: one value may be written in several ways.
        if path.suffix == ".json":
            return {"value": json.loads(text)}
        if path.suffix in (".yaml", ".yml"):
            return {"value": yaml.safe_load(text)}
        return text
    except UnicodeDecodeError:
        return hashlib.sha256(data).hexdigest()


def tree(**where):
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(mlflow.artifacts.download_artifacts(dst_path=folder, **where))
        files = [path for path in sorted(top.rglob("*")) if path.is_file() and path.name != "registered_model_meta"]
        return {named(path.relative_to(top).as_posix()): content(path) for path in files}


def shown_run(run):
    info, data = run.info, run.data
    return {
        "name": info.run_name,
        "status": info.status,
        "stage": info.lifecycle_stage,
        "user": info.user_id,
        "artifact_uri": named(info.artifact_uri).replace(f"/{info.experiment_id}/", "/<experiment id>/"),
        "times": [type(info.start_time).__name__, type(info.end_time).__name__, info.end_time >= info.start_time],
        "params": data.params,
        "metrics": {key: number(value) for key, value in data.metrics.items()},
        "history": {
            key: [[m.step, m.timestamp, number(m.value)] for m in client.get_metric_history(info.run_id, key)]
            for key in data.metrics
        },
        "tags": shown_tags(data.tags),
        "inputs": {
            i.dataset.name: {
                "digest": i.dataset.digest,
                "source_type": i.dataset.source_type,
                "source": json.loads(i.dataset.source),
                "schema": json.loads(i.dataset.schema),
                "profile": json.loads(i.dataset.profile),
                "tags": {tag.key: tag.value for tag in i.tags},
            }
            for i in run.inputs.dataset_inputs
        },
        "outputs": [[named(o.model_id), o.step] for o in run.outputs.model_outputs],
        "files": tree(run_id=info.run_id) if client.list_artifacts(info.run_id) else {},
    }


def shown_model(model):
    one = client.get_logged_model(model.model_id)
    return {
        "name": one.name,
        "type": one.model_type,
        "status": str(one.status),
        "run": named(one.source_run_id),
        "params": one.params,
        "tags": shown_tags(one.tags),
        "metrics": [[m.key, m.value, m.step, m.timestamp, named(m.run_id)] for m in one.metrics or []],
        "files": tree(artifact_uri=f"models:/{one.model_id}"),
    }


def shown_version(version):
    return {
        "version": int(version.version),
        "source": named(version.source),
        "run": named(version.run_id or ""),
        "model": named(version.model_id or ""),
        "description": version.description,
        "status": version.status,
        "stage": version.current_stage,
        "tags": version.tags,
        "aliases": list(version.aliases),
        "files": tree(artifact_uri=f"models:/{registered}@champion"),
    }


frame = mlflow.search_runs([experiment.experiment_id])
found = client.get_registered_model(registered)
print(
    json.dumps(
        {
            "runs": {run.info.run_name: shown_run(run) for run in runs},
            "columns": {column: str(frame[column].dtype) for column in frame.columns},
            "models": {model.name: shown_model(model) for model in models},
            "registered": {
                "tags": found.tags,
                "description": found.description,
                "aliases": {alias: int(version) for alias, version in found.aliases.items()},
                "versions": [shown_version(client.get_model_version_by_alias(registered, "champion"))],
            },
        },
        default=str,
    )
)
