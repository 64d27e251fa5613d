import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import { isTrackletError } from "../errors/tracklet-error.ts";
import { NetworkError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { type Core, keep } from "./core.ts";
import { limited } from "./limited.ts";
import { ownWrites } from "./reads.ts";
import { continueRun } from "./resume-run.ts";
import type { RunHandle } from "./run.ts";
import { experimentId } from "./search-runs.ts";
import { serverRunId } from "./server-run-id.ts";
import type { FindOrStartRunOptions } from "./types/tracker.ts";

/** Finds an active run by name, in its experiment and below its parent, or starts it. */
export function findOrStartRun(core: Core, options: FindOrStartRunOptions): Promise<RunHandle> {
  const { timeout, ifExists = "reuse", ifUnreachable, ...start } = options ?? {};
  return limited(core, "findOrStartRun", options, async (limits) => {
    check(start.name, ifExists);
    let found: RunData | undefined;
    try {
      found = await find(core, options, limits);
    } catch (error) {
      if (ifUnreachable !== "start" || !(error instanceof NetworkError || isServerError(error))) throw error;
    }
    if (found === undefined) return core.startRun(start);
    if (ifExists === "reuse") {
      const run = continueRun(core, found);
      if (start.params !== undefined) run.logParams(start.params);
      if (start.tags !== undefined) run.setTags(start.tags);
      return run;
    }
    if (ifExists === "date-suffix") return core.startRun({ ...start, name: `${start.name}-${stamp(core)}` });
    const run = core.startRun(start);
    const old = found.info.runId;
    run.onEnd = (status) => {
      if (status === "FINISHED") keep(core.afterDelivery, replace(core, run, old));
    };
    return run;
  });
}

/** The old one goes only when the new one is on the server as a whole. */
async function replace(core: Core, run: RunHandle, old: string): Promise<void> {
  const left = await core.queue.settle({ runs: [run.localId], timeout: core.options.delivery?.exitTimeout ?? 10_000 });
  const { runs } = await core.client();
  if (left === 0) return runs.delete(old);
  const message = `The run "${old}" was not deleted, as the run "${run.name}" that replaces it is not delivered yet`;
  core.guard.tell({ kind: "scope", message, run: run.localId });
}

async function find(core: Core, options: FindOrStartRunOptions, limits: CallOptions): Promise<RunData | undefined> {
  await ownWrites(core, undefined, limits);
  const id = await experimentId(core, core.experimentOf(options), limits);
  if (id === undefined) return undefined;
  const parent = typeof options.parent === "string" ? options.parent : options.parent?.localId;
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

function check(name: unknown, ifExists: unknown): void {
  if (typeof name !== "string" || name === "") {
    throw new ValidationError(`Cannot find a run as name must be a text: current value is ${String(name)}`);
  }
  if (ifExists !== "reuse" && ifExists !== "replace" && ifExists !== "date-suffix") {
    throw new ValidationError(
      `Cannot find a run as ifExists must be "reuse", "replace" or "date-suffix": current value is "${String(ifExists)}"`,
    );
  }
}
