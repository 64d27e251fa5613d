import type { SqlRow } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import type { Fields } from "../fields.ts";
import { refuse, refuseValue } from "../refusal.ts";

/** The run that a request names, by `run_id` or its old name `run_uuid`. */
export function runIdOf(fields: Fields): string {
  const old = fields.text("run_uuid");
  const id = fields.raw("run_id");
  return id === undefined && old !== undefined && old !== "" ? old : fields.requiredText("run_id");
}

/** The row of a run, or 404. */
export function requireRun({ db }: ServerContext, runId: string): SqlRow {
  const row = db.prepare("SELECT run_uuid, experiment_id, lifecycle_stage FROM runs WHERE run_uuid = ?").get(runId);
  return row ?? refuse("RESOURCE_DOES_NOT_EXIST", `Run with id=${runId.slice(0, 100)} not found`);
}

/** The row of a run that may be written to, or 404, or 400 when it is deleted. */
export function requireActiveRun(context: ServerContext, runId: string): SqlRow {
  const row = requireRun(context, runId);
  if (row["lifecycle_stage"] !== "active") {
    refuseValue(`The run ${runId} must be in the 'active' state. Current state is ${row["lifecycle_stage"]}.`);
  }
  return row;
}
