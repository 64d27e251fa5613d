"""Prints all that MLflow's Python client reads of the model registry at argv[1] as JSON."""
import json
import sys

from mlflow import MlflowClient

client = MlflowClient(sys.argv[1])
filters = [None, "tags.`mlflow.prompt.is_prompt` = 'true'"]


def version(v, is_prompt):
    return {
        "version": int(v.version),
        "source": v.source,
        "stage": v.current_stage,
        "run": v.run_id or None,
        "description": v.description or None,
        "status": v.status,
        "tags": v.tags,
        "created": v.creation_timestamp,
        "updated": v.last_updated_timestamp,
        "files": None if is_prompt else client.get_model_version_download_uri(v.name, v.version),
    }


print(json.dumps([
    {
        "name": model.name,
        "description": model.description or None,
        "tags": model.tags,
        "aliases": {alias: int(number) for alias, number in model.aliases.items()},
        "created": model.creation_timestamp,
        "updated": model.last_updated_timestamp,
        "versions": [
            version(v, prompts is not None)
            for prompts in filters
            for v in client.search_model_versions(
                " AND ".join(filter(None, [f"name = '{model.name}'", prompts])), order_by=["version_number ASC"]
            )
        ],
    }
    for prompts in filters
    for model in client.search_registered_models(prompts)
]))
