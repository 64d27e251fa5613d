import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import { isTrackletError } from "../errors/tracklet-error.ts";
import { NetworkError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { type Core, keep } from "./core.ts";
import { textOf } from "./entries.ts";
import { limited } from "./limited.ts";
import { ownWrites } from "./reads.ts";
import { continueRun } from "./resume-run.ts";
import type { RunHandle } from "./run.ts";
import { experimentId } from "./search-runs.ts";
import { serverRunId } from "./server-run-id.ts";
import { Turns } from "./turns.ts";
import type { FindOrStartRunOptions } from "./types/tracker.ts";

const turns = new WeakMap<Core, Turns<RunHandle>>();

/** Finds an active run by name, in its experiment and below its parent, or starts it. */
export function findOrStartRun(core: Core, options: FindOrStartRunOptions): Promise<RunHandle> {
  return limited(core, "findOrStartRun", options, async (limits) => {
    check(options?.name, options?.ifExists);
    const mine = turns.get(core) ?? new Turns();
    turns.set(core, mine);
    const parent = parentOf(options);
    const about = [options.name, core.experimentOf(options), parent && (core.queue.localIdOf(parent) ?? parent)];
    // Two that look at the same time would both find nothing, and start two runs.
    return mine.take(JSON.stringify(about), (before) => {
      limits.signal?.throwIfAborted();
      // Without an answer of the server, only this tracker knows the run that was started just now.
      const reused = (options.ifExists ?? "reuse") === "reuse" && before?.ended === undefined ? before : undefined;
      return reused === undefined ? findOrStart(core, options, limits) : goOn(reused, options);
    });
  });
}

async function findOrStart(core: Core, options: FindOrStartRunOptions, limits: CallOptions): Promise<RunHandle> {
  const { timeout, ifExists = "reuse", ifUnreachable, ...start } = options;
  let found: RunData | undefined;
  try {
    found = await find(core, options, limits);
  } catch (error) {
    if (ifUnreachable !== "start" || !(error instanceof NetworkError || isServerError(error))) throw error;
  }
  if (found === undefined) return core.startRun(start);
  if (ifExists === "reuse") return goOn(continueRun(core, found), options);
  if (ifExists === "date-suffix") return core.startRun({ ...start, name: `${start.name}-${stamp(core)}` });
  const run = core.startRun(start);
  const old = found.info.runId;
  run.onEnd = (status) => {
    if (status === "FINISHED") keep(core.afterDelivery, replace(core, run, old));
  };
  return run;
}

async function goOn(run: RunHandle, { params, tags }: FindOrStartRunOptions): Promise<RunHandle> {
  if (params !== undefined) run.logParams(params);
  if (tags !== undefined) run.setTags(tags);
  return run;
}

/** The old one goes only when the new one is on the server as a whole. */
async function replace(core: Core, run: RunHandle, old: string): Promise<void> {
  const tell = (reason: string, cause?: unknown): void => {
    const message = `The run "${old}" was not deleted, as ${reason}: delete it with createClient(tracker).runs.delete("${old}")`;
    core.guard.tell({ kind: "scope", message, run: run.localId, cause });
  };
  try {
    const timeout = core.options.delivery?.exitTimeout ?? 10_000;
    const left = await core.queue.settle({ runs: [run.localId], timeout });
    if (left > 0) return tell(`the run "${run.name}" that replaces it is not delivered yet`);
    const { runs } = await core.client();
    await runs.delete(old);
  } catch (error) {
    tell(textOf(error), error);
  }
}

function parentOf({ parent }: FindOrStartRunOptions): string | undefined {
  return typeof parent === "string" ? parent : parent?.localId;
}

async function find(core: Core, options: FindOrStartRunOptions, limits: CallOptions): Promise<RunData | undefined> {
  await ownWrites(core, undefined, limits);
  const id = await experimentId(core, core.experimentOf(options), limits);
  if (id === undefined) return undefined;
  const parent = parentOf(options);
  const clauses: string[] = [];
  const name = literal(options.name);
  if (name !== undefined) clauses.push(`attributes.run_name = ${name}`);
  if (parent !== undefined) {
    clauses.push(`tags."mlflow.parentRunId" = '${await serverRunId(core, parent, limits)}'`);
  }
  const filter = clauses.join(" AND ");
  const query = { experimentIds: [id], ...(filter === "" ? {} : { filter }), orderBy: ["start_time DESC"] };
  const { runs } = await core.client();
  for await (const run of runs.search(query, limits)) {
    if (run.info.runName === options.name) return run;
  }
  return undefined;
}

/** A text in MLflow's search language, which has no escapes; undefined when it cannot be written. */
function literal(text: string): string | undefined {
  if (text.endsWith("\\")) return undefined;
  if (!text.includes("'")) return `'${text}'`;
  return text.includes('"') ? undefined : `"${text}"`;
}

function isServerError(error: unknown): boolean {
  return isTrackletError(error) && "status" in error && Number(error.status) >= 500;
}

function stamp(core: Core): string {
  return new Date(core.runtime.clock.now()).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
}

function check(name: unknown, ifExists: unknown = "reuse"): void {
  if (typeof name !== "string" || name === "") {
    throw new ValidationError(`Cannot find a run as name must be a text: current value is ${String(name)}`);
  }
  if (ifExists !== "reuse" && ifExists !== "replace" && ifExists !== "date-suffix") {
    throw new ValidationError(
      `Cannot find a run as ifExists must be "reuse", "replace" or "date-suffix": current value is "${String(ifExists)}"`,
    );
  }
}
