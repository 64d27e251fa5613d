import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openNodeSqlite } from "../../src/sql/node-sqlite.ts";
import type { ServerProcess } from "./server-process.ts";

/** A row of the table `metrics`. */
export interface PointRow {
  readonly key: string;
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
}

/** All that the server holds of one run. */
export interface ServerRun {
  readonly id: string;
  readonly status: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly params: ReadonlyMap<string, string>;
  readonly points: readonly PointRow[];
  /** Bytes by path below the root of its artifacts. */
  readonly artifacts: ReadonlyMap<string, Buffer>;
}

/** Reads all runs of an experiment from the server's own files, deleted ones too. */
export function readServer({ database, artifacts }: ServerProcess, experiment: string): ServerRun[] {
  const sql = openNodeSqlite(database, { readOnly: true });
  try {
    const id = sql.prepare("SELECT experiment_id AS id FROM experiments WHERE name = ?").get(experiment)?.["id"];
    const runs = sql.prepare("SELECT run_uuid, status FROM runs WHERE experiment_id = ?").all(id ?? -1);
    return runs.map(({ run_uuid: run, status }): ServerRun => {
      const rows = (table: "tags" | "params"): Map<string, string> => {
        const found = sql.prepare(`SELECT key, value FROM ${table} WHERE run_uuid = ?`).all(run!);
        return new Map(found.map(({ key, value }) => [String(key), String(value)]));
      };
      const points = sql
        .prepare("SELECT key, step, timestamp, value, is_nan FROM metrics WHERE run_uuid = ?")
        .all(run!);
      return {
        id: String(run),
        status: String(status),
        tags: rows("tags"),
        params: rows("params"),
        points: points.map(({ key, step, timestamp, value, is_nan }) => ({
          key: String(key),
          step: Number(step),
          timestamp: Number(timestamp),
          value: is_nan === 1 ? Number.NaN : Number(value),
        })),
        artifacts: filesBelow(join(artifacts, String(id), String(run), "artifacts")),
      };
    });
  } finally {
    sql.close();
  }
}

function filesBelow(directory: string): Map<string, Buffer> {
  if (!existsSync(directory)) return new Map();
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return new Map(files.map((file) => [file.slice(directory.length + 1), readFileSync(file)]));
}
