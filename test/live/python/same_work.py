"""Does by MLflow's fluent API what `same-work.live.test.ts` does by tracklet. argv: tracking URI, experiment, registered model, folder."""
import pathlib
import sys

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput

uri, experiment, registered, folder = sys.argv[1:5]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)
files = pathlib.Path(folder)
mlflow.set_experiment(experiment)

grey = (np.arange(20 * 300) % 251).astype(np.uint8).reshape(20, 300)
rgb = (np.arange(4 * 5 * 3) * 4 % 256).astype(np.uint8).reshape(4, 5, 3)

with mlflow.start_run(run_name="sweep", description="# Why", tags={"team": "red"}) as sweep:
    mlflow.log_params({"lr": 0.1, "tiny": 1e-7, "flag": True, "none": None, "layers": [64, 32], "optimizer.name": "adam", "größe": "ü"})
    for step in range(3):
        mlflow.log_metrics({"loss": 1 / (step + 1), "val/acc": step / 4}, step=step, timestamp=1_700_000_000_000 + step)
    mlflow.log_metric("loss", 0.25, step=1, timestamp=1_700_000_000_009)
    mlflow.log_metric("odd", float("nan"), step=-1, timestamp=1_700_000_000_000)
    mlflow.log_metric("large", float("inf"), step=2**40, timestamp=1_700_000_000_000)
    mlflow.set_tag("note", "größer ✓")
    mlflow.log_text("héllo\n", "notes/a b.txt")
    mlflow.log_dict({"b": [1, None], "a": "ü", "deep": {"x": 0.5}}, "config.json")
    mlflow.log_dict({"b": [1, None], "a": "ü", "deep": {"x": 1e-7, "y": "yes"}}, "config.yaml")
    mlflow.log_artifact(str(files / "weights.bin"), "model files")
    mlflow.log_artifacts(str(files / "tree"), "whole")
    mlflow.log_table({"question": ["a", "b"], "score": [1, 0.5]}, "eval/table.json")
    mlflow.log_table({"question": ["c"], "score": [2]}, "eval/table.json")
    mlflow.log_table({"picture": [mlflow.Image(rgb)], "label": ["seven"]}, "eval/pictures.json")
    mlflow.log_image(rgb, "plots/p.png")
    for step in range(2):
        mlflow.log_image(grey, key="digits/seven", step=step, timestamp=1_700_000_000_000 + step)
    penguins = pd.DataFrame({"length": [39.5, 46.5], "count": [1, 2], "species": ["Adelie", "Gentoo"]})
    source = str(files / "weights.bin")
    given = mlflow.data.from_pandas(penguins, source=source, name="penguins", digest="0badcafe")
    mlflow.log_input(given, context="training", tags={"split": "1"})
    mlflow.log_input(mlflow.data.from_pandas(penguins, source=source, name="computed"), context="validation")
    model = mlflow.initialize_logged_model(name="net", model_type="tfjs", params={"layers": "[4, 2]"}, tags={"stage": "dev"})
    client.log_model_artifacts(model.model_id, str(files / "tree"))
    mlflow.log_outputs(models=[LoggedModelOutput(model.model_id, step=3)])
    mlflow.log_metric("acc", 0.5, step=1, timestamp=1_700_000_000_000, model_id=model.model_id)
    mlflow.finalize_logged_model(model.model_id, "READY")
    with mlflow.start_run(run_name="fold 1", nested=True):
        mlflow.log_metric("loss", 0.5, step=0, timestamp=1_700_000_000_000)
        with mlflow.start_run(run_name="trial", nested=True):
            mlflow.log_param("lr", 0.01)

try:
    with mlflow.start_run(run_name="broken"):
        raise ValueError("diverged")
except ValueError:
    pass

client.create_registered_model(registered, tags={"team": "red"}, description="Digits")
version = client.create_model_version(
    registered, f"models:/{model.model_id}", run_id=sweep.info.run_id, model_id=model.model_id, tags={"i": "1"}, description="first"
)
client.set_registered_model_alias(registered, "champion", version.version)
print("done")
