"""Reads the files of the version that the alias champion names at argv[1], registers it again and moves the alias."""
import sys

import mlflow
from mlflow import MlflowClient

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)
name = "from JavaScript"
champion = client.get_model_version_by_alias(name, "champion")
assert (int(champion.version), champion.tags) == (1, {"i": "1"}), champion
folder = mlflow.artifacts.download_artifacts(f"models:/{name}@champion")
made = client.create_model_version(name, champion.source, champion.run_id)
client.set_registered_model_alias(name, "champion", made.version)
print(open(f"{folder}/weights.txt").read())
