import type { SqlRow } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import { refuse, refuseValue } from "../refusal.ts";
import { show } from "../fields.ts";
import { checkHost, checkOwner } from "./check-source.ts";
import { versionOfUri } from "./model-uri.ts";
import { isPromptSource } from "./prompts.ts";
import { text } from "./row-values.ts";
import { uriOf } from "./uri.ts";

/** Where a new version comes from, as a request says it. */
export interface AskedOrigin {
  readonly source: string;
  /** Undefined when it was not sent at all. */
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  readonly isPrompt: boolean;
}

/** Where a new version comes from, as the database keeps it. */
export interface Origin {
  readonly source: string;
  /** Where its files lie. */
  readonly storageLocation: string;
  readonly runId: string | null;
  /** The logged model it is made of; empty where there is none. */
  readonly modelId: string;
}

/** Checks the source of a new version and looks up what it stands for. Call it in a transaction. */
export function originOf(context: ServerContext, asked: AskedOrigin): Origin {
  const { source, isPrompt } = asked;
  if (isPrompt && !isPromptSource(source)) {
    refuseValue(`Invalid prompt source: ${show(source)}. It must be "prompt-template" or "dummy-source"`);
  }
  checkHost(context, source);
  return isPrompt ? promptOrigin(context, asked) : modelOrigin(context, asked);
}

function promptOrigin(context: ServerContext, { source, runId = "", modelId = "" }: AskedOrigin): Origin {
  const run = runId === "" && modelId !== "" ? text(requireLoggedModel(context, modelId)["source_run_id"]) : runId;
  return { source, storageLocation: source, runId: run ?? null, modelId: "" };
}

function modelOrigin(context: ServerContext, asked: AskedOrigin): Origin {
  const { artifactRoot } = context;
  const earlier = versionOfUri(context, asked.source);
  if (earlier !== undefined) {
    const otherRun = asked.runId !== undefined && asked.runId !== (earlier.runId ?? "");
    if (otherRun || asked.modelId) {
      refuseValue(
        `Invalid model version source: ${show(asked.source)}. The run_id and model_id request parameters must match the referenced model version`,
      );
    }
    return {
      source: `models:/${earlier.name}/${earlier.version}`,
      storageLocation: earlier.storageLocation || (earlier.source ?? ""),
      runId: asked.runId ?? earlier.runId ?? null,
      modelId: "",
    };
  }
  const { runId = "", modelId = "" } = asked;
  const source = artifactRoot.toPublic(asked.source);
  const model = modelId === "" ? undefined : findLoggedModel(context, modelId);
  const location = modelId === "" ? findRun(context, runId)?.["artifact_uri"] : model?.["artifact_location"];
  checkOwner(source, {
    field: modelId === "" ? "run_id" : "model_id",
    id: modelId || runId,
    location: typeof location === "string" ? artifactRoot.toPublic(location) : undefined,
  });
  if (modelId !== "" && model === undefined) unknownLoggedModel(modelId);
  const stored = artifactRoot.toStored(source);
  const byId = uriOf(source).scheme === "models";
  return {
    source: stored,
    storageLocation: byId ? String(model?.["artifact_location"]) : stored,
    runId: runId || modelId === "" ? runId : (text(model?.["source_run_id"]) ?? null),
    modelId,
  };
}

function findRun({ db }: ServerContext, runId: string): SqlRow | undefined {
  return db.prepare("SELECT artifact_uri FROM runs WHERE run_uuid = ?").get(runId);
}

function findLoggedModel({ db }: ServerContext, modelId: string): SqlRow | undefined {
  return db
    .prepare(
      "SELECT artifact_location, source_run_id FROM logged_models WHERE model_id = ? AND lifecycle_stage != 'deleted'",
    )
    .get(modelId);
}

function requireLoggedModel(context: ServerContext, modelId: string): SqlRow {
  return findLoggedModel(context, modelId) ?? unknownLoggedModel(modelId);
}

function unknownLoggedModel(modelId: string): never {
  refuse("RESOURCE_DOES_NOT_EXIST", `Logged model with ID ${show(modelId)} not found`);
}
