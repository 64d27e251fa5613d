import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLocal } from "../../src/open/local.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const temporaryDirectory = temporaryDirectories();

type Local = Awaited<ReturnType<typeof openLocal>>;

async function post(local: Local, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json" };
  const url = `${local.trackingUri}/api/2.0/mlflow/${path}`;
  const reply = await local.fetch(new Request(url, { method: "POST", headers, body: JSON.stringify(body) }));
  expect(reply.status).toBe(200);
  return (await reply.json()) as Record<string, unknown>;
}

const experimentNames = async (local: Local): Promise<string[]> => {
  const found = await post(local, "experiments/search", { max_results: 10 });
  return (found["experiments"] as { name: string }[]).map(({ name }) => name).sort();
};

/** Makes the store of a folder and changes it in SQL. */
async function madeStore(sql?: string): Promise<string> {
  const directory = await temporaryDirectory();
  await (await openLocal({ directory })).close();
  if (sql !== undefined) withSqliteFile(join(directory, "mlflow.db"), (database) => database.exec(sql));
  return directory;
}

const locationOfDefault = (directory: string): unknown =>
  withSqliteFile(join(directory, "mlflow.db"), (database) =>
    database.prepare("SELECT artifact_location AS location FROM experiments WHERE experiment_id = 0").get(),
  )?.["location"];

describe("openLocal()", () => {
  test("makes MLflow's local store: mlflow.db, with artifacts in the absolute folder mlruns", async () => {
    const directory = join(await temporaryDirectory(), "not", "there yet");
    const local = await openLocal({ directory });
    await local.close();
    expect(existsSync(join(directory, "mlflow.db"))).toBe(true);
    expect(existsSync(join(directory, "mlflow.db-wal"))).toBe(false);
    expect(locationOfDefault(directory)).toBe(join(directory, "mlruns", "0"));
  });

  test("rejects for an option that there is not, and makes nothing", async () => {
    const directory = await temporaryDirectory();
    const options = { folder: directory } as { directory?: string };
    await expect(openLocal(options)).rejects.toThrow("Cannot use the unknown option folder: use directory");
    await expect(openLocal({ directory: 5 as unknown as string })).rejects.toThrow("directory as it must be a string");
    expect(existsSync(join(directory, "mlflow.db"))).toBe(false);
  });

  test("goes on with what is there, and two may be open at once", async () => {
    const directory = await temporaryDirectory();
    const first = await openLocal({ directory });
    await post(first, "experiments/create", { name: "one" });
    const second = await openLocal({ directory });
    await post(second, "experiments/create", { name: "two" });
    expect(await experimentNames(first)).toEqual(["Default", "one", "two"]);
    await first.close();
    await second.close();
    const third = await openLocal({ directory });
    expect(await experimentNames(third)).toEqual(["Default", "one", "two"]);
    await third.close();
  });

  test("keeps artifacts as files where MLflow's local mode keeps them, and tells clients the proxied address", async () => {
    const directory = await temporaryDirectory();
    const local = await openLocal({ directory });
    const { run } = (await post(local, "runs/create", { experiment_id: "0", start_time: 1 })) as {
      run: { info: { run_id: string; artifact_uri: string } };
    };
    expect(run.info.artifact_uri).toBe(`mlflow-artifacts:/0/${run.info.run_id}/artifacts`);
    const path = `/api/2.0/mlflow-artifacts/artifacts/0/${run.info.run_id}/artifacts/notes/a.txt`;
    await local.fetch(new Request(local.trackingUri + path, { method: "PUT", body: "kept" }));
    await local.close();
    expect(await readFile(join(directory, "mlruns", "0", run.info.run_id, "artifacts", "notes", "a.txt"), "utf8")).toBe(
      "kept",
    );
    const uri = withSqliteFile(join(directory, "mlflow.db"), (db) =>
      db.prepare("SELECT artifact_uri AS uri FROM runs").get(),
    );
    expect(uri?.["uri"]).toBe(join(directory, "mlruns", "0", run.info.run_id, "artifacts"));
  });

  test("goes on with the layout of mlflow server where that made the file", async () => {
    const directory = await madeStore("UPDATE experiments SET artifact_location = 'mlflow-artifacts:/0'");
    const local = await openLocal({ directory });
    const path = "/api/2.0/mlflow-artifacts/artifacts/0/r/artifacts/a.txt";
    await local.fetch(new Request(local.trackingUri + path, { method: "PUT", body: "kept" }));
    await local.close();
    expect(existsSync(join(directory, "mlartifacts", "0", "r", "artifacts", "a.txt"))).toBe(true);
  });

  test("close() may be called twice", async () => {
    const local = await openLocal({ directory: await temporaryDirectory() });
    await local.close();
    await local.close();
    await expect(
      openLocal({ directory: await temporaryDirectory() }).then((other) => other.close()),
    ).resolves.toBeUndefined();
  });

  test("refuses a file that is no SQLite database and leaves it as it is", async () => {
    const directory = await temporaryDirectory();
    const text = "this is a text of more than sixteen bytes, not a database\n".repeat(20);
    await writeFile(join(directory, "mlflow.db"), text);
    await expect(openLocal({ directory })).rejects.toThrow(
      `Cannot use "${join(directory, "mlflow.db")}" as a database as it must be a SQLite file`,
    );
    expect(await readFile(join(directory, "mlflow.db"), "utf8")).toBe(text);
  });

  test("refuses a database of an older MLflow with the command that upgrades it", async () => {
    const directory = await madeStore("UPDATE alembic_version SET version_num = '451aebb31d03'");
    await expect(openLocal({ directory })).rejects.toThrow(
      `mlflow db upgrade sqlite:///${join(directory, "mlflow.db")}`,
    );
  });

  test("refuses a database of an unknown revision and names it", async () => {
    const directory = await madeStore("UPDATE alembic_version SET version_num = 'ffffffffffff'");
    await expect(openLocal({ directory })).rejects.toThrow('its revision is "ffffffffffff"');
  });

  test("refuses a SQLite database of another program", async () => {
    const directory = await temporaryDirectory();
    withSqliteFile(join(directory, "mlflow.db"), (db) => db.exec("CREATE TABLE songs (title TEXT)"));
    await expect(openLocal({ directory })).rejects.toThrow("it holds tables of something else (songs)");
  });

  test("refuses a directory that cannot be made", async () => {
    const file = join(await temporaryDirectory(), "file");
    await writeFile(file, "");
    await expect(openLocal({ directory: join(file, "below") })).rejects.toThrow(
      `Cannot make the directory "${join(file, "below")}" for the local store`,
    );
  });

  test("refuses a directory in the place of the database", async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, "mlflow.db"));
    await expect(openLocal({ directory })).rejects.toThrow(
      `Cannot open "${join(directory, "mlflow.db")}" as a SQLite database`,
    );
  });
});
