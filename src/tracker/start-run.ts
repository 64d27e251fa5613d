import { ValidationError } from "../errors/usage-errors.ts";
import type { NewRun } from "../queue/types.ts";
import { checkOptions, namesOnly } from "./check-options.ts";
import type { Core, RunBody } from "./core.ts";
import { textOf } from "./entries.ts";
import { errorText } from "./error-text.ts";
import { ParamLog } from "./param-log.ts";
import { RunHandle } from "./run.ts";
import { isServerId } from "./run-id.ts";
import { randomRunName } from "./run-name.ts";
import { experimentName } from "./experiment-name.ts";
import type { StartRunOptions } from "./types/run.ts";

const runRules = namesOnly("name experiment parent tags params description startTime signal systemMetrics");

/** Starts a run: no network, no waiting. @throws ValidationError or ConfigurationError for options that cannot work */
export function startRun(core: Core, options: StartRunOptions = {}): RunHandle {
  const { runtime, guard, queue } = core;
  guard.mustBeOpen("start a run");
  mustBeObject("the options", options);
  checkOptions(options, runRules);
  mustBeObject("params", options.params);
  mustBeObject("tags", options.tags);
  const localId = core.newLocalId();
  const interval = systemInterval(core, options.systemMetrics);
  const params = new ParamLog(localId, queue, guard, core.options.paramConflict);
  const experiment = experimentOf(core, options);
  const parent = parentOf(core, options.parent);
  const startTime = Math.floor(options.startTime ?? runtime.clock.now());
  if (!Number.isSafeInteger(startTime) || startTime < 0) {
    throw wrong("startTime must be milliseconds since 1970", options.startTime);
  }
  const tags = params.initialTags({
    ...core.systemTags(),
    ...core.options.tags,
    ...(options.description === undefined ? {} : { "mlflow.note.content": options.description }),
    ...options.tags,
  });
  if (options.name !== undefined && typeof options.name !== "string") throw wrong("name must be a text", options.name);
  const name = (options.name || tags["mlflow.runName"] || randomRunName(runtime.random)).toWellFormed();
  // MLflow refuses a tag that differs from the name, and sets it itself.
  delete tags["mlflow.runName"];
  const user = tags["mlflow.user"];
  const run: NewRun = {
    localId,
    experiment,
    name,
    startTime,
    tags,
    ...(user === undefined ? {} : { user }),
    ...(parent === undefined ? {} : { parent }),
  };
  queue.createRun(run);
  const handle = new RunHandle(core, {
    localId,
    name,
    experiment,
    params,
    signal: options.signal,
    parent: openParent(core, options),
    below: parent,
  });
  if (interval !== undefined) {
    void import("./on-demand.ts").then(({ SystemWatch }) => new SystemWatch(core, handle, interval));
  }
  try {
    if (options.params !== undefined) handle.logParams(options.params);
  } catch (error) {
    handle.close("FAILED");
    throw error;
  }
  return handle;
}

/** Runs `body` in a run: FINISHED, KILLED when it was asked to stop, else FAILED with the error in a tag. */
export async function withRun<T>(core: Core, options: StartRunOptions | RunBody<T>, body?: RunBody<T>): Promise<T> {
  const [given, work] = typeof options === "function" ? [{}, options] : [options, body];
  if (typeof work !== "function") throw wrong("the body of a run must be a function", work);
  return scope(core, startRun(core, given), work, openParent(core, given));
}

async function scope<T>(core: Core, run: RunHandle, body: RunBody<T>, outer: RunHandle | undefined): Promise<T> {
  let result: T;
  try {
    result = await core.active.run(run, async () => body(run), outer);
  } catch (error) {
    if (run.ended === undefined) {
      const killed = run.stoppedBy(error);
      if (!killed) run.setTag("mlflow.tracklet.error", errorText(error));
      // The error of the body is what the caller must see, whatever the storage says.
      await run.end(killed ? "KILLED" : "FAILED").catch(() => {});
    }
    throw error;
  }
  if (run.ended === undefined) await run.end();
  return result;
}

/** Where a run goes: as asked, else with its parent, else where the tracker is. */
export function experimentOf(core: Core, options: StartRunOptions): NewRun["experiment"] {
  if (options.experiment !== undefined) return { name: experimentName(options.experiment) };
  return openParent(core, options)?.experiment ?? core.experiment;
}

function openParent(core: Core, { parent }: StartRunOptions): RunHandle | undefined {
  const known = typeof parent === "string" ? core.open.get(core.queue.localIdOf(parent) ?? parent) : parent;
  return known instanceof RunHandle ? known : undefined;
}

function parentOf(core: Core, parent: StartRunOptions["parent"]): NewRun["parent"] {
  if (parent === undefined || parent === null) return undefined;
  const id = typeof parent === "string" ? parent : parent.localId;
  if (typeof id !== "string" || id === "") throw wrong("parent must be a run or the id of one", parent);
  const local = core.queue.localIdOf(id);
  if (local !== undefined) return { local };
  return isServerId(id) ? { server: id } : { local: id };
}

/** Milliseconds between system metrics; undefined for none. */
function systemInterval({ runtime }: Core, given: StartRunOptions["systemMetrics"]): number | undefined {
  const { environment } = runtime;
  const on = given ?? /^(true|1)$/i.test(environment.get("MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING") ?? "");
  if (on === false) return undefined;
  const seconds = Number(environment.get("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL")) || 10;
  const interval = on === true ? seconds * 1000 : (on as { interval?: unknown }).interval;
  if (typeof interval === "number" && interval >= 500) return interval;
  throw wrong("systemMetrics must be true, false or { interval: milliseconds from 500 }", interval);
}

/** What is missing is none; anything else that is no object would be taken apart into nothing. */
function mustBeObject(what: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "object" || value === null))
    throw wrong(`${what} must be an object`, value);
}

function wrong(rule: string, value: unknown): ValidationError {
  const shown = typeof value === "string" ? JSON.stringify(value) : textOf(value);
  return new ValidationError(`Cannot start a run as ${rule}: current value is ${shown}`);
}
