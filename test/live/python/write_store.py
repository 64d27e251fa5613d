"""Adds one run to the experiment argv[2] of the tracking URI argv[1], and to the run argv[3] a metric, a tag and a file."""
import sys

import mlflow
from mlflow import MlflowClient

uri, experiment, run_id = sys.argv[1:4]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)
client.log_metric(run_id, "from_python", 0.5, step=1)
client.set_tag(run_id, "from", "python")
client.log_text(run_id, "written by Python", "from-python.txt")
mlflow.set_experiment(experiment)
with mlflow.start_run(run_name="python run") as run:
    mlflow.log_param("language", "python")
    for step in range(3):
        mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
    mlflow.log_text("from a Python run", "note.txt")
print(run.info.run_id)
