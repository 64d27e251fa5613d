import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ConfigurationError } from "../errors/index.ts";
import { inspectSchema } from "../server/schema/inspect-schema.ts";
import { openSchema } from "../server/schema/open-schema.ts";
import type { SqlDatabase } from "../sql/database.ts";
import { openNodeSqlite } from "../sql/node-sqlite.ts";
import { isQueue } from "./queue-file.ts";
import { movedFolder, moveArtifacts } from "./moved-artifacts.ts";
import type { DoctorFlags } from "./commands/doctor.ts";

/**
 * Tells on standard output what a database file holds; with `mend` rewrites the paths of artifacts whose folder moved.
 *
 * @returns Exit code: 0 when nothing is wrong (any more), 1 otherwise.
 * @throws ConfigurationError when the file is no database of MLflow, or of another revision, with the cure.
 */
export function runDoctor(file: string, flags: DoctorFlags): number {
  const path = resolve(file);
  if (!existsSync(path)) throw new ConfigurationError(`Cannot examine "${path}": there is no such file`);
  const database = openNodeSqlite(path);
  try {
    return examine(database, path, flags);
  } finally {
    database.close();
  }
}

function examine(database: SqlDatabase, path: string, flags: DoctorFlags): number {
  const found = inspectSchema(database);
  if (found.state !== "supported" && isQueue(database)) {
    throw new ConfigurationError(
      `Cannot examine "${path}" as it must be a database of MLflow, and is a queue file: it holds what waits for a server; "tracklet status" tells what, and "tracklet sync" sends it`,
    );
  }
  if (found.state === "empty") {
    say(`${path} is empty: the first tracker that opens it makes MLflow's tables`);
    return 0;
  }
  // The refusal of everything else names the revision and the command that mends it.
  const revision = found.state === "supported" ? found.revision : openSchema(database, { now: 0, defaultLocation: "" });
  const problems = database
    .prepare("PRAGMA quick_check")
    .all()
    .map((row) => String(Object.values(row)[0]));
  const sound = problems.length === 1 && problems[0] === "ok";
  const journal = String(Object.values(database.prepare("PRAGMA journal_mode").get() ?? {})[0]);
  say(`${path} is a database of MLflow ${revision.mlflow} (revision ${revision.id}), journal ${journal}`);
  say(
    `${count(database, "experiments")} experiments, ${count(database, "runs")} runs, ${count(database, "metrics")} metric points`,
  );
  say(
    sound
      ? "SQLite finds no damage"
      : `SQLite finds damage: ${problems.slice(0, 3).join("; ")}; restore the file from a copy`,
  );
  const folder = join(dirname(path), "mlruns");
  const moved = movedFolder(database, folder);
  if (moved === undefined) return sound ? 0 : 1;
  if (!flags.mend) {
    say(
      `artifacts are said to lie in "${moved}", which is not there, and there is "${folder}": add --mend to rewrite the paths`,
    );
    return 1;
  }
  say(`rewrote ${moveArtifacts(database, moved, folder)} paths from "${moved}" to "${folder}"`);
  return sound ? 0 : 1;
}

function count(database: SqlDatabase, table: "experiments" | "runs" | "metrics"): number {
  return Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"]);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
