import type { CallOptions } from "../client/types/connection.ts";
import type { Experiment, RunData } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { NewRun } from "../queue/types.ts";
import type { Core } from "./core.ts";
import { deletedError } from "./deleted-error.ts";
import { serverRunId } from "./server-run-id.ts";
import type { StartRunOptions } from "./types/run.ts";

/** What a run is found by. */
export interface RunName extends Pick<StartRunOptions, "experiment" | "parent"> {
  readonly name: string;
}

/** Our id or MLflow's of a run that is meant. */
export function idOf(run: StartRunOptions["parent"]): string | undefined {
  return typeof run === "string" ? run : run?.localId;
}

/** An experiment as the server knows it; undefined when there is none. @throws BadRequestError when it is deleted */
export async function activeExperiment(
  core: Core,
  what: string,
  experiment: NewRun["experiment"],
  limits: CallOptions,
): Promise<string | undefined> {
  if ("id" in experiment) return experiment.id;
  const { experiments } = await core.client();
  const found: Experiment | undefined = await experiments.getByName(experiment.name, limits);
  if (found?.lifecycleStage === "deleted") {
    throw deletedError(core, what, "experiment", { id: found.experimentId, name: found.name });
  }
  return found?.experimentId;
}

/** Active runs by name, in their experiment and below their parent, the latest first. */
export async function* runsNamed(core: Core, named: RunName, limits: CallOptions): AsyncGenerator<RunData> {
  const what = `find the run ${JSON.stringify(named.name)}`;
  const id = await activeExperiment(core, what, core.experimentOf(named), limits);
  if (id === undefined) return;
  const parent = idOf(named.parent);
  const { runs } = await core.client();
  const clauses: string[] = [];
  const name = literal(named.name);
  if (name !== undefined) clauses.push(`attributes.run_name = ${name}`);
  if (parent !== undefined) {
    const runId = await serverRunId(core, parent, limits);
    clauses.push(`tags."mlflow.parentRunId" = '${runId}'`);
  }
  const filter = clauses.join(" AND ");
  const query = { experimentIds: [id], ...(filter === "" ? {} : { filter }), orderBy: ["start_time DESC"] };
  for await (const run of runs.search(query, limits)) {
    if (run.info.runName === named.name) yield run;
  }
}

/** @throws ValidationError for what is no name */
export function checkName(what: string, name: unknown): void {
  if (typeof name === "string" && name !== "") return;
  throw new ValidationError(
    `Cannot ${what} as name must be a text that is not empty: current value is ${typeof name === "string" ? `"${name}"` : String(name)}`,
  );
}

/** A text in MLflow's search language, which has no escapes; undefined when it cannot be written. */
function literal(text: string): string | undefined {
  if (text.endsWith("\\")) return undefined;
  if (!text.includes("'")) return `'${text}'`;
  return text.includes('"') ? undefined : `"${text}"`;
}
