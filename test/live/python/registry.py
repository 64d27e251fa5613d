"""A session of MLflow's own Python client with the model registry at argv[1]; asserts what it reads back."""
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)


def refused(code, call):
    try:
        call()
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
    else:
        raise AssertionError(f"was not refused with {code}")


experiment = client.create_experiment("registry")
run = client.create_run(experiment)
client.log_text(run.info.run_id, "weights", "model/weights.txt")
client.log_text(run.info.run_id, "flavors: {}", "model/MLmodel")

made = client.create_registered_model("digits", tags={"team": "it's \"a\""}, description="reads digits")
assert made.creation_timestamp == made.last_updated_timestamp
refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model("digits"))
refused("INVALID_PARAMETER_VALUE", lambda: client.create_registered_model("a/b"))
first = client.create_model_version("digits", f"runs:/{run.info.run_id}/model", run.info.run_id, tags={"i": "1"})
assert (first.version, first.current_stage, first.status, first.run_id) == ("1", "None", "READY", run.info.run_id)
second = client.create_model_version("digits", f"{run.info.artifact_uri}/model", run.info.run_id, description="second")
assert second.version == "2"
refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version("digits", "/etc"))
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.create_model_version("none", "s3://b/k"))

logged = client.create_logged_model(experiment, name="net", source_run_id=run.info.run_id)
client.log_model_artifacts(logged.model_id, mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="model"))
client.finalize_logged_model(logged.model_id, "READY")
third = client.create_model_version("digits", f"models:/{logged.model_id}", model_id=logged.model_id)
assert third.run_id == run.info.run_id, third.run_id
assert client.get_logged_model(logged.model_id).tags["mlflow.modelVersions"] == '[{"name": "digits", "version": 3}]'

client.set_registered_model_alias("digits", "champion", 1)
client.set_registered_model_alias("digits", "champion", 2)
client.set_registered_model_alias("digits", "old", 1)
refused("INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias("digits", "latest", 1))
refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias("digits", "nobody"))
assert client.get_model_version_by_alias("digits", "champion").version == "2"
assert client.get_registered_model("digits").aliases == {"champion": 2, "old": 1} or client.get_registered_model(
    "digits"
).aliases == {"champion": "2", "old": "1"}
client.set_model_version_tag("digits", "2", "gone", "x")
client.delete_model_version_tag("digits", "2", "gone")
client.set_registered_model_tag("digits", "size", "28")
client.delete_registered_model_alias("digits", "old")
client.transition_model_version_stage("digits", 1, "Production")
client.transition_model_version_stage("digits", 2, "production", archive_existing_versions=True)
stages = {v.version: v.current_stage for v in client.get_latest_versions("digits")}
assert stages == {"1": "Archived", "2": "Production", "3": "None"}, stages
assert [v.version for v in client.search_model_versions("name = 'digits'", order_by=["version_number ASC"])] == ["1", "2", "3"]
assert [v.version for v in client.search_model_versions("version_number >= 2 AND name = 'digits'", max_results=1)] == ["2"]
for i in range(3):
    client.create_registered_model(f"m{i}", tags={"group": "m"})
page = client.search_registered_models("tags.group = 'm'", max_results=2, order_by=["name DESC"])
assert [m.name for m in page] == ["m2", "m1"], page
rest = client.search_registered_models("tags.group = 'm'", max_results=2, order_by=["name DESC"], page_token=page.token)
assert [m.name for m in rest] == ["m0"] and not rest.token

local = mlflow.artifacts.download_artifacts("models:/digits@champion")
assert open(f"{local}/weights.txt").read() == "weights"
assert open(f"{mlflow.artifacts.download_artifacts('models:/digits/1')}/weights.txt").read() == "weights"
assert open(f"{mlflow.artifacts.download_artifacts('models:/digits/3')}/weights.txt").read() == "weights"
copied = client.copy_model_version("models:/digits@champion", "production")
assert (copied.version, copied.source, copied.run_id) == ("1", "models:/digits/2", run.info.run_id)
client.rename_registered_model("m0", "renamed")
client.delete_registered_model("m1")
client.update_registered_model("m2", "described")
client.update_model_version("digits", "1", "first")
client.create_model_version("m2", "s3://bucket/key")
client.delete_model_version("m2", "1")
assert client.create_model_version("m2", "s3://bucket/key").version == "2"

prompt = mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}", commit_message="first")
mlflow.genai.set_prompt_alias("greeting", alias="live", version=prompt.version)
assert mlflow.genai.load_prompt("prompts:/greeting@live").template == "Hello {{name}}"
assert [p.name for p in mlflow.genai.search_prompts()] == ["greeting"]
assert "greeting" not in [m.name for m in client.search_registered_models()]
print("done")
