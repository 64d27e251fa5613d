import { ConfigurationError } from "../../errors/usage-errors.ts";
import type { SqlDatabase } from "../../sql/database.ts";
import { inspectSchema, type SchemaState } from "./inspect-schema.ts";
import { type Revision, revisions } from "./revisions.ts";
import { createTableSql } from "./table.ts";

/** What the first rows of a new database need. */
export interface FirstRows {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** `artifact_location` of the experiment named Default. */
  readonly defaultLocation: string;
}

/**
 * Makes MLflow's tables in an empty database, or accepts those that are there. Every table of the revision is made,
 * used or not, and the head is stamped, because MLflow opens a file only when all are there (observed on 3.17.2).
 * A file of another revision is never changed.
 *
 * @returns The revision of the database.
 * @throws ConfigurationError with the revision found and the command that mends it.
 */
export function openSchema(db: SqlDatabase, first: FirstRows): Revision {
  const before = inspectSchema(db);
  if (before.state !== "empty" && before.state !== "supported") throw refusal(db.label, before);
  // MLflow sets the same for each session: LIKE is case-sensitive, references are checked.
  db.exec("PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON");
  if (before.state === "empty") db.transaction(() => create(db, first));
  const after = inspectSchema(db);
  if (after.state !== "supported") throw refusal(db.label, after);
  if (db.prepare("SELECT 1 FROM experiments WHERE experiment_id = 0").get() === undefined) {
    db.transaction(() => addDefaultExperiment(db, first));
  }
  // From here requests wait for locks by themselves, without blocking the thread (docs/decisions/012).
  db.exec("PRAGMA busy_timeout = 25");
  return after.revision;
}

function create(db: SqlDatabase, first: FirstRows): void {
  // Another process may have been faster between the look and the lock.
  if (inspectSchema(db).state !== "empty") return;
  const revision = revisions.at(-1)!;
  db.exec(
    [
      "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));",
      ...revision.tables.map(createTableSql),
      `INSERT INTO alembic_version VALUES ('${revision.id}');`,
      "INSERT INTO workspaces (name, description) VALUES ('default', 'Default workspace for legacy resources');",
    ].join("\n"),
  );
  addDefaultExperiment(db, first);
}

/** MLflow does the same at each start: clients log to experiment 0 when none is named. */
function addDefaultExperiment(db: SqlDatabase, { now, defaultLocation }: FirstRows): void {
  const taken = db.prepare("SELECT 1 FROM experiments WHERE name = 'Default' AND workspace = 'default'").get();
  if (taken !== undefined) return;
  db.prepare(
    "INSERT OR IGNORE INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace) VALUES (0, 'Default', ?, 'active', ?, ?, 'default')",
  ).run(defaultLocation, now, now);
}

function refusal(label: string, found: SchemaState): ConfigurationError {
  const head = revisions.at(-1)!;
  const start = `Cannot use "${label}" as a database as it must be of MLflow ${head.mlflow} (revision ${head.id})`;
  const upgrade = `mlflow db upgrade sqlite:///${label}`;
  if (found.state === "other-revision" && found.age === "older") {
    return new ConfigurationError(
      `${start}: it is of an older MLflow (revision ${found.id}); copy the file, then run "${upgrade}" of MLflow ${head.mlflow}`,
    );
  }
  if (found.state === "other-revision") {
    return new ConfigurationError(
      `${start}: its revision is "${found.id}", which this release does not know; it was probably made by a newer MLflow: update tracklet, or serve the file with "mlflow server" of that release and give its address as tracking URI`,
    );
  }
  if (found.state === "incomplete") {
    return new ConfigurationError(
      `${start}: it carries that revision but lacks ${found.missing.length} tables (${found.missing.slice(0, 3).join(", ")}); restore it from a copy`,
    );
  }
  const tables = found.state === "foreign" ? found.tables.slice(0, 3).join(", ") : "none";
  return new ConfigurationError(
    `${start}: it holds tables of something else (${tables}) and no revision of MLflow; name another file, or run "${upgrade}" if an MLflow before 1.0 made it`,
  );
}
