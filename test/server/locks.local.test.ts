import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { createServer } from "../../src/server/index.ts";
import { openNodeSqlite } from "../../src/sql/node-sqlite.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { testApi } from "./support/api.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tracklet-locks-"));
  file = join(folder, "mlflow.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a database that another process holds locked", () => {
  test("is waited for without blocking, then written once", async () => {
    const clock = new ManualClock();
    const api = await testApi(createServer({ database: file, clock }));
    const run = await api.run();
    const other = openNodeSqlite(file);
    other.exec("BEGIN IMMEDIATE");
    const write = api.post("runs/log-metric", { run_id: run, key: "a", value: 1, timestamp: 1 });
    await clock.advance(3000);
    expect((await api.get("runs/get", { run_id: run })).body.run.data.metrics).toBeUndefined();
    other.exec("COMMIT");
    expect((await clock.until(write)).status).toBe(200);
    expect((await api.get("metrics/get-history", { run_id: run, metric_key: "a" })).body.metrics).toHaveLength(1);
    other.close();
    api.close();
  });

  test("answers 503 after 20 s, which clients try again", async () => {
    const clock = new ManualClock();
    const api = await testApi(createServer({ database: file, clock }));
    const other = openNodeSqlite(file);
    other.exec("BEGIN IMMEDIATE");
    const write = api.post("experiments/create", { name: "a" });
    const answer = await clock.until(write);
    expect([answer.status, answer.body.error_code]).toEqual([503, "TEMPORARILY_UNAVAILABLE"]);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(20_000);
    other.exec("ROLLBACK");
    expect((await api.post("experiments/create", { name: "a" })).status).toBe(200);
    other.close();
    api.close();
  }, 20_000);
});

describe("createServer() on a file", () => {
  test("finds what an earlier server wrote, and what another one writes meanwhile", async () => {
    const first = await testApi(createServer({ database: file }));
    const id = await first.experiment("kept");
    const second = await testApi(createServer({ database: file }));
    expect((await second.get("experiments/get", { experiment_id: id })).body.experiment.name).toBe("kept");
    const run = await second.run(id);
    expect((await first.get("runs/get", { run_id: run })).status).toBe(200);
    first.close();
    second.close();
  });

  test("keeps the experiment named Default at the artifact root", async () => {
    const api = await testApi(createServer({ database: file, artifactRoot: "/data/mlruns" }));
    api.close();
    const db = openNodeSqlite(file);
    expect(db.prepare("SELECT artifact_location FROM experiments").all()).toEqual([
      { artifact_location: "/data/mlruns/0" },
    ]);
    db.close();
  });

  test("refuses a file that is no database and lets go of it", () => {
    const db = openNodeSqlite(file);
    db.exec("CREATE TABLE other (a)");
    db.close();
    expect(() => createServer({ database: file })).toThrow(ConfigurationError);
    rmSync(file);
    createServer({ database: file }).close();
  });
});
