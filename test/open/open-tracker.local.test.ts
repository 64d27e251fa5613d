import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { serve } from "../../src/cli/http/serve.ts";
import { type OpenTrackerOptions, openTracker } from "../../src/open/local.ts";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";
import type { Environment } from "../../src/runtime/ports/environment.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { testServer } from "../support/test-server.ts";

const temporaryDirectory = temporaryDirectories();

/** The platform's environment, with these variables of MLflow and no others. */
function environment(variables: Record<string, string>): Environment {
  const { environment } = defaultRuntime();
  return { ...environment, get: (name) => (name.startsWith("MLFLOW_") ? variables[name] : environment.get(name)) };
}

const open = (options: OpenTrackerOptions, variables: Record<string, string> = {}): Promise<Tracker> =>
  openTracker({ ...options, runtime: { environment: environment(variables) } });

async function trackOnce(tracker: Tracker, name: string): Promise<void> {
  await tracker.withRun({ name, params: { lr: 0.1 } }, (run) => {
    for (let step = 0; step < 5; step++) run.logMetric("loss", 1 / (step + 1));
  });
  const { pending } = await tracker.close();
  expect(pending).toEqual({ points: 0, requests: 0 });
}

const runNames = (file: string): unknown[] =>
  withSqliteFile(file, (database) =>
    database
      .prepare("SELECT name, status FROM runs ORDER BY start_time, name")
      .all()
      .map((row) => [row["name"], row["status"]]),
  );

describe("openTracker() of tracklet/local", () => {
  test("tracks into mlflow.db of the directory without an address, and closes it with the tracker", async () => {
    const directory = await temporaryDirectory();
    await trackOnce(await open({ directory }), "first");
    await trackOnce(await open({ directory }), "second");
    const file = join(directory, "mlflow.db");
    expect(runNames(file)).toEqual([
      ["first", "FINISHED"],
      ["second", "FINISHED"],
    ]);
    const points = withSqliteFile(
      file,
      (database) => database.prepare("SELECT count(*) AS n FROM metrics").get()?.["n"],
    );
    expect(points).toBe(10);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  test("tracks into the file of a sqlite address, from the option or MLFLOW_TRACKING_URI", async () => {
    const directory = await temporaryDirectory();
    await trackOnce(await open({ directory, trackingUri: "sqlite:///mine.db" }), "by option");
    await trackOnce(await open({ directory }, { MLFLOW_TRACKING_URI: "sqlite:///mine.db" }), "by environment");
    expect(runNames(join(directory, "mine.db"))).toEqual([
      ["by option", "FINISHED"],
      ["by environment", "FINISHED"],
    ]);
    expect(existsSync(join(directory, "mlflow.db"))).toBe(false);
  });

  test("tracks into the file of an absolute sqlite address", async () => {
    const file = join(await temporaryDirectory(), "elsewhere.db");
    const directory = await temporaryDirectory();
    await trackOnce(await open({ directory, trackingUri: `sqlite:///${file}` }), "there");
    expect(runNames(file)).toEqual([["there", "FINISHED"]]);
    expect(await readdir(directory)).toEqual([]);
  });

  test("tracks to the server of an http address, and makes no database", async () => {
    const server = await testServer();
    const { url, close } = await serve(server.fetch, { host: "127.0.0.1", port: 0, onError: () => {} });
    const directory = join(await temporaryDirectory(), "untouched");
    const tracker = await open({ directory }, { MLFLOW_TRACKING_URI: url });
    await trackOnce(tracker, "over HTTP");
    const found = await server.fetch(
      new Request(`${url}/api/2.0/mlflow/runs/search`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ experiment_ids: ["0"] }),
      }),
    );
    expect(await found.json()).toMatchObject({ runs: [{ info: { run_name: "over HTTP", status: "FINISHED" } }] });
    expect(await readdir(directory)).toEqual([".tracklet"]);
    await close();
    server.close();
  });

  test("an option wins over the environment", async () => {
    const directory = await temporaryDirectory();
    const tracker = await open(
      { directory, trackingUri: "sqlite:///mlflow.db" },
      { MLFLOW_TRACKING_URI: "databricks" },
    );
    await trackOnce(tracker, "here");
    expect(runNames(join(directory, "mlflow.db"))).toEqual([["here", "FINISHED"]]);
  });

  test.each([
    ["databricks", "the https address of the workspace"],
    ["databricks://profile", "the https address of the workspace"],
    ["localhost:5000", 'write "http://" before "localhost:5000"'],
    ["http://", "Cannot use the tracking URI"],
    ["ftp://files.example", "must be an http(s) address"],
    ["file:///home/me/mlruns", "mlflow migrate-filestore"],
    ["./mlruns", "mlflow migrate-filestore"],
    ["postgresql://me:secret@db/mlflow", "mlflow server --backend-store-uri postgresql://..."],
  ])("refuses the address %s with the cure, and touches nothing", async (trackingUri, cure) => {
    const directory = join(await temporaryDirectory(), "untouched");
    for (const opening of [
      () => open({ directory, trackingUri }),
      () => open({ directory }, { MLFLOW_TRACKING_URI: trackingUri }),
    ]) {
      const refused = await opening().then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      expect(refused?.name).toBe("ConfigurationError");
      expect(refused?.message).toContain(cure);
      expect(refused?.message).not.toContain("secret");
    }
    expect(existsSync(directory)).toBe(false);
  });

  test("refuses a fetch that has no server to go to", async () => {
    const fetch = async (): Promise<Response> => new Response();
    await expect(open({ fetch })).rejects.toThrow("Cannot use the option fetch without a server");
  });

  test.each<[string, unknown, string]>([
    ["a text", "x", "Cannot use the options as they must be an object"],
    ["another word for directory", { dir: "." }, "Cannot use the unknown option dir: use directory"],
    ["a number as directory", { directory: 5 }, "Cannot use the option directory as it must be a string"],
    ["an address without http", { trackingUri: "127.0.0.1:5123" }, 'write "http://" before "127.0.0.1:5123"'],
  ])("refuses %s with the cure", async (_name, options, cure) => {
    const refused = await openTracker(options as OpenTrackerOptions).catch((error: Error) => error);
    expect(refused).toMatchObject({ name: "ConfigurationError", message: expect.stringContaining(cure) });
  });

  test("says that the directory is a file, and takes an empty MLFLOW_TRACKING_URI for none", async () => {
    const directory = await temporaryDirectory();
    await (await open({ directory }, { MLFLOW_TRACKING_URI: " " })).close();
    expect(existsSync(join(directory, "mlflow.db"))).toBe(true);
    await expect(open({ directory: join(directory, "mlflow.db") })).rejects.toThrow("it is a file");
  });

  test("refuses a database that is none, and gives the file back when an option is wrong", async () => {
    const directory = await temporaryDirectory();
    await expect(open({ directory, experiment: "" })).rejects.toThrow("1 to 500 characters");
    await writeFile(join(directory, "text.db"), "no database ".repeat(200));
    await expect(open({ directory, trackingUri: "sqlite:///text.db" })).rejects.toThrow("must be a SQLite file");
  });

  test("says that runs of the older file store are not read, when it makes the database beside them", async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, "mlruns", "0"), { recursive: true });
    await writeFile(join(directory, "mlruns", "0", "meta.yaml"), "name: Default\n");
    const told: string[] = [];
    const terminal = { ...defaultRuntime().terminal, writeError: (text: string): void => void told.push(text) };
    for (let start = 0; start < 2; start++) {
      const tracker = await openTracker({ directory, runtime: { environment: environment({}), terminal } });
      await tracker.close();
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("mlflow migrate-filestore --source . --target sqlite:///mlflow.db");
  });

  test("says once that MLFLOW_TRACKING_URI may not be read, with the flag, when no address is given", async () => {
    const directory = await temporaryDirectory();
    const told: string[] = [];
    const terminal = { ...defaultRuntime().terminal, writeError: (text: string): void => void told.push(text) };
    const runtime = { environment: { ...environment({}), readable: () => false }, terminal };
    await (await openTracker({ trackingUri: "sqlite:///mlflow.db", directory, runtime })).close();
    expect(told).toEqual([]);
    for (let start = 0; start < 2; start++) await (await openTracker({ directory, runtime })).close();
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("MLFLOW_TRACKING_URI could not be read");
    expect(told[0]).toContain("--allow-env=MLFLOW_TRACKING_URI");
  });

  test.each(["logArtifact", "logArtifacts"] as const)(
    "leaves its own files out when %s is given its directory, and says so once for each",
    async (call) => {
      const directory = await temporaryDirectory();
      await writeFile(join(directory, "results.txt"), "good");
      const problems: string[] = [];
      const onProblem = ({ message }: { message: string }): void => void problems.push(message);
      const tracker = await open({ directory, onProblem });
      const id = await tracker.withRun(async (run) => {
        await run.logText("first", "notes.md");
        await tracker.flush();
        for (let turn = 0; turn < 2; turn++) await run[call](directory, "all");
        return run.runId();
      });
      const folder = call === "logArtifacts" ? "all" : `all/${basename(directory)}`;
      expect((await tracker.listArtifacts(id, folder)).map(({ path }) => path)).toEqual([`${folder}/results.txt`]);
      await tracker.close();
      expect(problems.filter((message) => message.includes('mlflow.db" as an artifact'))).toHaveLength(1);
      expect(problems.filter((message) => message.includes('mlruns" as an artifact'))).toHaveLength(1);
    },
  );

  test("tells a fault of the local store once, and does not throw into the training", async () => {
    const directory = await temporaryDirectory();
    const told: string[] = [];
    const terminal = { ...defaultRuntime().terminal, writeError: (text: string): void => void told.push(text) };
    const delivery = { requestTimeout: 1000, exitTimeout: 50 };
    const tracker = await openTracker({
      directory,
      delivery,
      onProblem: () => {},
      runtime: { environment: environment({}), terminal },
    });
    withSqliteFile(join(directory, "mlflow.db"), (database) => database.exec("DROP TABLE metrics"));
    await tracker.withRun((run) => {
      run.logMetric("loss", 1);
      run.logMetric("loss", 2);
    });
    await tracker.flush({ timeout: 1500 });
    await tracker.close({ timeout: 50 });
    expect(told.filter((text) => text.startsWith("tracklet: the local store failed: no such table"))).toHaveLength(1);
  });

  test("refuses to open a local store where there is no file system", async () => {
    await expect(openTracker({ runtime: { environment: environment({}), files: undefined as never } })).rejects.toThrow(
      'import openTracker from "tracklet/browser"',
    );
  });
});
