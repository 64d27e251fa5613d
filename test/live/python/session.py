"""A basic session of MLflow's own Python client against the server at argv[1]; asserts what it reads back."""
import json
import math
import pathlib
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)

experiment = mlflow.set_experiment("python session")
assert client.get_experiment(experiment.experiment_id).name == "python session"
with mlflow.start_run(run_name="parent", description="a parent", tags={"team": "penguins"}) as parent:
    mlflow.log_param("lr", 0.1)
    mlflow.log_params({"units": 16, "nested.depth": 2, "none": None})
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"accuracy": 0.5, "nan": float("nan"), "inf": float("inf")}, step=3)
    mlflow.set_tag("note", "first")
    mlflow.set_tags({"note": "second", "gone": "x"})
    mlflow.delete_tag("gone")
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_dict({"a": [1, 2]}, "config.json")
    mlflow.log_table({"x": [1, 2], "y": ["a", "b"]}, "table.json")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "weights.bin")
        path.write_bytes(bytes(range(256)) * 100)
        mlflow.log_artifact(str(path), "model")
        mlflow.log_artifacts(folder, "all")
    import pandas

    data = mlflow.data.from_pandas(pandas.DataFrame({"x": [1, 2, 3]}), name="small", source="memory")
    mlflow.log_input(data, context="training")
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("loss", 0.25)

found = client.get_run(parent.info.run_id)
assert found.info.status == "FINISHED", found.info.status
assert found.data.params == {"lr": "0.1", "units": "16", "nested.depth": "2", "none": "None"}, found.data.params
assert found.data.metrics["loss"] == 0.2 and found.data.metrics["accuracy"] == 0.5
assert math.isnan(found.data.metrics["nan"]), found.data.metrics
assert found.data.metrics["inf"] == sys.float_info.max, found.data.metrics
assert found.data.tags["note"] == "second" and "gone" not in found.data.tags
assert found.data.tags["mlflow.note.content"] == "a parent"
assert found.inputs.dataset_inputs[0].dataset.name == "small"
history = client.get_metric_history(parent.info.run_id, "loss")
assert [(m.step, m.value) for m in history] == [(s, 1 / (s + 1)) for s in range(5)]
assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id

client.log_batch(
    parent.info.run_id,
    metrics=[Metric("many", float(i), 1700000000000 + i, i) for i in range(1000)],
    params=[], tags=[RunTag("batch", "yes")],
)
assert len(client.get_metric_history(parent.info.run_id, "many")) == 1000
client.log_batch(parent.info.run_id, params=[Param("lr", "0.1")])
try:
    client.log_param(parent.info.run_id, "lr", "0.2")
except mlflow.exceptions.MlflowException as refused:
    assert refused.error_code == "INVALID_PARAMETER_VALUE", refused.error_code
else:
    raise AssertionError("a param was written twice with another value")

names = sorted(mlflow.search_runs(filter_string="metrics.loss < 0.3", order_by=["metrics.loss ASC"])["tags.mlflow.runName"])
assert names == ["child", "parent"], names
best = client.search_runs([experiment.experiment_id], "params.lr = '0.1'", order_by=["metrics.loss ASC"])
assert [r.info.run_id for r in best] == [parent.info.run_id]

paths = sorted(f.path for f in client.list_artifacts(parent.info.run_id))
assert paths == ["all", "config.json", "model", "notes", "table.json"], paths
with tempfile.TemporaryDirectory() as folder:
    local = mlflow.artifacts.download_artifacts(run_id=parent.info.run_id, artifact_path="model/weights.bin", dst_path=folder)
    assert pathlib.Path(local).read_bytes() == bytes(range(256)) * 100
    whole = mlflow.artifacts.download_artifacts(run_id=parent.info.run_id, dst_path=folder)
    assert pathlib.Path(whole, "notes/hello.txt").read_text() == "hello"
assert mlflow.artifacts.load_dict(f"{parent.info.artifact_uri}/config.json") == {"a": [1, 2]}
assert mlflow.load_table("table.json", run_ids=[parent.info.run_id]).shape[0] == 2

client.delete_run(child.info.run_id)
assert client.get_run(child.info.run_id).info.lifecycle_stage == "deleted"
client.restore_run(child.info.run_id)
with mlflow.start_run(run_id=parent.info.run_id):
    mlflow.log_metric("loss", 0.01, step=9)
assert client.get_run(parent.info.run_id).data.metrics["loss"] == 0.01
print(json.dumps({"experiment": experiment.experiment_id, "parent": parent.info.run_id, "child": child.info.run_id}))
