import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLocal } from "../../src/open/local.ts";
import { sqliteQueue } from "../../src/queue/storage/sqlite.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { type ProgramEnd, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const temporaryDirectory = temporaryDirectories();

const doctor = (...args: string[]): Promise<ProgramEnd> =>
  startProgram(new URL("../../src/cli/main.ts", import.meta.url), ["doctor", ...args]).end;

describe("tracklet doctor", () => {
  test("tells the revision, the counts and that nothing is wrong", async () => {
    const directory = await temporaryDirectory();
    await (await openLocal({ directory })).close();
    const end = await doctor(join(directory, "mlflow.db"));
    expect(end.code).toBe(0);
    expect(end.stdout).toContain("MLflow 3.17.2 (revision dc11669786a5), journal wal");
    expect(end.stdout).toContain("1 experiments, 0 runs, 0 metric points");
    expect(end.stdout).toContain("SQLite finds no damage");
  });

  test("names artifact paths that are gone after the folder moved, and mends them", async () => {
    const before = join(await temporaryDirectory(), "before");
    const after = join(await temporaryDirectory(), "after");
    const local = await openLocal({ directory: before });
    const headers = { "content-type": "application/json" };
    const create = `${local.trackingUri}/api/2.0/mlflow/runs/create`;
    const body = JSON.stringify({ experiment_id: "0", start_time: 1 });
    expect((await local.fetch(new Request(create, { method: "POST", headers, body }))).status).toBe(200);
    await local.close();
    await mkdir(join(before, "mlruns"), { recursive: true });
    await rename(before, after);
    const file = join(after, "mlflow.db");

    const told = await doctor(file);
    expect(told.code).toBe(1);
    expect(told.stdout).toContain(`artifacts are said to lie in "${join(before, "mlruns")}", which is not there`);
    const mended = await doctor(file, "--mend");
    expect(mended.code).toBe(0);
    expect(mended.stdout).toContain("rewrote 2 paths");
    expect((await doctor(file)).code).toBe(0);
    const uri = withSqliteFile(file, (database) => database.prepare("SELECT artifact_uri AS uri FROM runs").get());
    expect(String(uri?.["uri"]).startsWith(join(after, "mlruns", "0"))).toBe(true);
  });

  test("refuses a file of another kind, of another revision, and none, each with its reason", async () => {
    const directory = await temporaryDirectory();
    const text = join(directory, "text.db");
    await writeFile(text, "no database ".repeat(200));
    expect(await doctor(text)).toMatchObject({ code: 1, stderr: expect.stringContaining("must be a SQLite file") });
    const queue = join(directory, "queue.db");
    await (await sqliteQueue({ path: queue }).open()).close();
    const end = await doctor(queue);
    expect(end).toMatchObject({ code: 1, stderr: expect.stringContaining("and is a queue file") });
    expect(end.stderr).toContain('"tracklet status" tells what, and "tracklet sync" sends it');
    expect(end.stderr).not.toContain("upgrade");
    await (await openLocal({ directory })).close();
    const file = join(directory, "mlflow.db");
    withSqliteFile(file, (database) => database.exec("UPDATE alembic_version SET version_num = '451aebb31d03'"));
    expect(await doctor(file)).toMatchObject({ code: 1, stderr: expect.stringContaining("mlflow db upgrade") });
    expect(await doctor(join(directory, "none.db"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("there is no such file"),
    });
  });
});
