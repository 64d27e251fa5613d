import type { SqlRow } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import { refuse, refuseValue } from "../refusal.ts";

/** The number in an experiment id. */
export function experimentNumber(id: string): number {
  if (/^\s*[+-]?\d{1,15}\s*$/.test(id)) return Number(id);
  if (/^\d+$/.test(id)) return unknownExperiment(id);
  refuseValue(`Invalid experiment ID '${id.slice(0, 100)}'. Experiment ID must be a valid integer.`);
}

/** Answers 404 for an experiment. */
export function unknownExperiment(id: string): never {
  refuse("RESOURCE_DOES_NOT_EXIST", `No Experiment with id=${id.slice(0, 100)} exists`);
}

/** The row of an experiment, or 404. */
export function requireExperiment({ db }: ServerContext, id: string): SqlRow {
  const row = db
    .prepare("SELECT experiment_id, lifecycle_stage, artifact_location FROM experiments WHERE experiment_id = ?")
    .get(experimentNumber(id));
  return row ?? unknownExperiment(id);
}

/** The row of an experiment that may be written to, or 404, or 400 when it is deleted. */
export function requireActiveExperiment(context: ServerContext, id: string): SqlRow {
  const row = requireExperiment(context, id);
  if (row["lifecycle_stage"] !== "active") {
    refuseValue(`The experiment ${id} must be in the 'active' state. Current state is ${row["lifecycle_stage"]}.`);
  }
  return row;
}
