import type { CallOptions } from "../client/types/connection.ts";
import { codePoints, cutText, limits as allowed } from "../client/limits.ts";
import { ConfigurationError, ValidationError } from "../errors/usage-errors.ts";
import type { ArtifactLog } from "./artifact-log.ts";
import { artifactPath } from "./artifact-path.ts";
import type { Core } from "./core.ts";
import { textOf } from "./entries.ts";
import { keyFault, quote } from "./key.ts";
import { flatten, valueText } from "./value-text.ts";
import type { LoggedModelHandle, LogModelOptions, ModelFiles } from "./types/models.ts";

/** Characters that MLflow keeps out of names, because they stand in addresses. */
const badInName = /[/:.%"']/;

/** A model as it was at the call: what was given as its files, these with their bytes, and the options as JSON. */
export type ModelNow = readonly [given: ModelFiles, files: ModelFiles, options: string];

/** Logged models of runs, of this process: whoever reads a run wants to see them too. */
const made = new WeakMap<Core, Map<string, string[]>>();

/** Our ids of the models that were logged to a run. */
export function modelsOfRun(core: Core, run: string): readonly string[] {
  return made.get(core)?.get(core.queue.localIdOf(run) ?? run) ?? [];
}

/** Hands a model and its files to the queue: the model, one request for each file, and that no more come. */
export async function logModel(
  core: Core,
  run: string,
  [given, files, values]: ModelNow,
  limits: { signal?: AbortSignal },
  filesOf: (localId: string) => ArtifactLog,
): Promise<LoggedModelHandle> {
  const { name = "model", type, step = 0, params, tags } = JSON.parse(values) as LogModelOptions;
  checkModel(name, type, step, given);
  const { queue } = core;
  const localId = core.newLocalId();
  const log = filesOf(localId);
  // Before there is a model: one that stays without its files would be FAILED for ever.
  const send = typeof files === "string" || files instanceof URL ? await local(core, log, files, limits) : undefined;
  const about = { params: cutValues("param", params), tags: { ...originTags(core), ...cutValues("tag", tags) } };
  core.guard.mustBeOpen(`log the model ${quote(name)}`, run);
  queue.requestModel(localId, "model", { localId, run, name, step, ...about, ...(type !== undefined && { type }) });
  const known = made.get(core) ?? new Map<string, string[]>();
  made.set(core, known.set(run, [...(known.get(run) ?? []), localId]));
  try {
    if (send !== undefined) await send();
    else for (const [path, file] of Object.entries(files)) await log.body(blobOf(file), path);
  } catch (error) {
    queue.requestModel(localId, "finalize", { failed: true });
    throw error;
  }
  queue.requestModel(localId, "finalize", { failed: false });
  await queue.flush({ until: "durable", ...limits });
  return { localId, name, modelId: (wait) => modelId(core, localId, name, wait) };
}

/** Who made it, and with which program: as MLflow's fluent API says of models, too. */
function originTags(core: Core): Record<string, string> {
  return Object.fromEntries(Object.entries(core.systemTags()).filter(([key]) => !key.startsWith("mlflow.tracklet.")));
}

async function modelId(core: Core, localId: string, name: string, options: CallOptions | undefined): Promise<string> {
  const id = await core.queue.runId(localId, options);
  if (!id.includes("/")) return id;
  throw new ConfigurationError(
    `Cannot give an id of the model ${quote(name)} as the server has no logged models (MLflow 3 has): its files are in the artifacts of the run, under "${name}/"`,
  );
}

/** Looks at a directory, or one file, and gives what logs it. */
async function local(
  { runtime: { files } }: Core,
  log: ArtifactLog,
  source: string | URL,
  limits: { signal?: AbortSignal },
): Promise<() => Promise<void>> {
  const stat = await files?.stat(files.resolve(source));
  if (files === undefined || stat?.isDirectory !== false) return log.wholeDirectory(source, undefined, limits);
  artifactPath(files.basename(files.resolve(source)));
  return () => log.source(source, undefined, limits);
}

function blobOf(file: string | Blob | Uint8Array): Blob {
  return file instanceof Blob ? file : new Blob([file as string]);
}

function checkModel(name: unknown, type: unknown, step: unknown, files: ModelFiles): void {
  const fail = (what: string, value: unknown): never => {
    throw new ValidationError(`Cannot log the model as ${what}: current value is ${quote(textOf(value))}`);
  };
  if (
    typeof name !== "string" ||
    name === "" ||
    badInName.test(name) ||
    codePoints(name) > 500 ||
    !name.isWellFormed()
  ) {
    fail(`its name must be a text of 1 to 500 characters without any of / : . % " '`, name);
  }
  // On MLflow 2 it is the name of a folder.
  artifactPath(name as string);
  if (type !== undefined && typeof type !== "string") fail("its type must be a text", type);
  if (!Number.isSafeInteger(step)) fail("its step must be an integer", step);
  if (typeof files === "string" || files instanceof URL) return;
  if (typeof files !== "object" || files === null || files instanceof Blob || Array.isArray(files)) {
    fail("its files must be the path of a directory, or an object of paths and contents", files);
  }
  for (const [path, file] of Object.entries(files)) {
    artifactPath(path);
    if (typeof file === "string" || file instanceof Blob || file instanceof Uint8Array) continue;
    fail(`the file ${quote(path)} must be a text, a Blob or a Uint8Array`, file);
  }
}

/** Params and tags of a model, whose keys and values MLflow does not check: what a run could not have, a model has not. */
function cutValues(kind: "param" | "tag", values: object | undefined): Record<string, string> {
  const most = kind === "param" ? allowed.paramValueLength : allowed.tagValueLength;
  const kept: [string, string][] = [];
  const refuse = (key: string, fault: unknown): never => {
    throw new ValidationError(`Cannot log the model as its ${kind} ${quote(key)} cannot be kept: ${textOf(fault)}`, {
      key,
    });
  };
  if (values !== undefined && (values === null || typeof values !== "object")) refuse("", `${kind}s must be an object`);
  const keep = (key: string, value: unknown): void => {
    const fault = keyFault(key);
    if (fault !== undefined) refuse(key, fault);
    kept.push([key, cutText((valueText(value) ?? "").toWellFormed(), most)]);
  };
  flatten(values ?? {}, keep, refuse);
  return Object.fromEntries(kept);
}
