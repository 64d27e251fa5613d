import * as v from "valibot";
import type { ModelStage, ModelVersionStatus } from "../types/registry.ts";
import type { Schema } from "./entities.ts";
import { int64 } from "./numbers.ts";
import type { PageWire, PairWire } from "./types.ts";

/** `mlflow.ModelVersion`. */
export interface ModelVersionWire {
  readonly name: string;
  readonly version: number;
  readonly creation_timestamp?: number | undefined;
  readonly last_updated_timestamp?: number | undefined;
  readonly user_id: string;
  readonly current_stage: ModelStage;
  readonly description: string;
  readonly source: string;
  readonly run_id: string;
  readonly status: ModelVersionStatus;
  readonly status_message: string;
  readonly tags: PairWire[];
  readonly run_link: string;
  readonly aliases: string[];
}

/** `mlflow.RegisteredModel`. */
export interface RegisteredModelWire {
  readonly name: string;
  readonly creation_timestamp?: number | undefined;
  readonly last_updated_timestamp?: number | undefined;
  readonly description: string;
  readonly latest_versions: ModelVersionWire[];
  readonly tags: PairWire[];
  readonly aliases: { readonly alias: string; readonly version: number }[];
}

// MLflow leaves out fields that are unset or empty.
const text = v.optional(v.string(), "");
const pairs = v.optional(v.array(v.object({ key: v.string(), value: text })), []);
const time = v.optional(int64);

export const modelVersionWire: Schema<ModelVersionWire> = v.object({
  name: v.string(),
  version: int64,
  creation_timestamp: time,
  last_updated_timestamp: time,
  user_id: text,
  current_stage: v.optional(v.picklist(["None", "Staging", "Production", "Archived"]), "None"),
  description: text,
  source: text,
  run_id: text,
  status: v.optional(v.picklist(["READY", "PENDING_REGISTRATION", "FAILED_REGISTRATION"]), "READY"),
  status_message: text,
  tags: pairs,
  run_link: text,
  aliases: v.optional(v.array(v.string()), []),
});

export const registeredModelWire: Schema<RegisteredModelWire> = v.object({
  name: v.string(),
  creation_timestamp: time,
  last_updated_timestamp: time,
  description: text,
  latest_versions: v.optional(v.array(modelVersionWire), []),
  tags: pairs,
  aliases: v.optional(v.array(v.object({ alias: v.string(), version: int64 })), []),
});

export const registeredModelReply: Schema<{ readonly registered_model: RegisteredModelWire }> = v.object({
  registered_model: registeredModelWire,
});

export const registeredModelsReply: Schema<PageWire & { readonly registered_models: RegisteredModelWire[] }> = v.object(
  { registered_models: v.optional(v.array(registeredModelWire), []), next_page_token: v.optional(v.string()) },
);

export const modelVersionReply: Schema<{ readonly model_version: ModelVersionWire }> = v.object({
  model_version: modelVersionWire,
});

export const modelVersionsReply: Schema<PageWire & { readonly model_versions: ModelVersionWire[] }> = v.object({
  model_versions: v.optional(v.array(modelVersionWire), []),
  next_page_token: v.optional(v.string()),
});

export const downloadUriReply: Schema<{ readonly artifact_uri: string }> = v.object({ artifact_uri: v.string() });
