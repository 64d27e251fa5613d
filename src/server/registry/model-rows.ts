import type { SqlRow } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import { refuse } from "../refusal.ts";
import { checkModelName } from "./check-name.ts";

/** Refuses a name that is none, and one that no registered model has. */
export function requireModel({ db }: ServerContext, name: string): SqlRow {
  checkModelName(name);
  const row = db.prepare("SELECT name FROM registered_models WHERE workspace = 'default' AND name = ?").get(name);
  return row ?? refuse("RESOURCE_DOES_NOT_EXIST", `Registered Model with name=${name.slice(0, 300)} not found`);
}

/** Writes down that a registered model changed. */
export function touchModel({ db }: ServerContext, name: string, now: number): void {
  db.prepare("UPDATE registered_models SET last_updated_time = ? WHERE workspace = 'default' AND name = ?").run(
    now,
    name,
  );
}
