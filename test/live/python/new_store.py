"""Makes a store in MLflow's local mode at the tracking URI argv[1], in the folder argv[2], with one finished run."""
import os
import sys

import mlflow

os.chdir(sys.argv[2])
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("from python")
with mlflow.start_run(run_name="python run") as run:
    mlflow.log_param("language", "python")
    mlflow.log_metric("loss", 1.0, step=0)
    mlflow.log_metric("loss", 0.5, step=1)
    mlflow.log_text("from a Python run", "note.txt")
print(run.info.run_id)
