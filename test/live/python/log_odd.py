"""Logs the points, params and tags of the JSON file argv[2] to the tracking URI argv[1], one call each; prints the run's id and what was refused."""
import json
import os
import sys

# What the server refuses by a 500 is refused: the client would ask again for minutes.
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "2"
os.environ["MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"] = "1"

from mlflow import MlflowClient

uri, path = sys.argv[1:3]
client = MlflowClient(uri)
with open(path, encoding="utf-8") as file:
    calls = json.load(file)
name = calls["experiment"]
found = client.get_experiment_by_name(name)
experiment_id = found.experiment_id if found else client.create_experiment(name)
run_id = client.create_run(experiment_id).info.run_id


def attempt(call):
    try:
        call()
        return None
    except Exception as error:  # whatever class: that it was refused is what counts
        return f"{type(error).__name__}: {error}"[:300]


def number(text):
    return float(text) if any(letter in text for letter in ".eNI") else int(text)


refused = {
    "points": [
        attempt(lambda: client.log_metric(run_id, key, float(value), timestamp=number(timestamp), step=number(step)))
        for key, value, step, timestamp in calls["points"]
    ],
    "params": [attempt(lambda: client.log_param(run_id, key, value)) for key, value in calls["params"]],
    "tags": [attempt(lambda: client.set_tag(run_id, key, value)) for key, value in calls["tags"]],
}
client.set_terminated(run_id)
print(json.dumps({"runId": run_id, "refused": refused}))
