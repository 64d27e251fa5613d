import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { serve } from "../../src/cli/http/serve.ts";
import { createClient } from "../../src/client/index.ts";
import { openLocal } from "../../src/open/local.ts";
import { sqliteQueue } from "../../src/queue/storage/sqlite.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { type Program, type ProgramEnd, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { testServer } from "../support/test-server.ts";

const temporaryDirectory = temporaryDirectories();
const opened: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const start = (args: readonly string[], env: Record<string, string> = {}): Program =>
  startProgram(new URL("../../src/cli/main.ts", import.meta.url), args, { env });
const tracklet = (...args: string[]): Promise<ProgramEnd> => start(args).end;

/** An embedded server at an address; `answer` may stand before it. */
async function server(answer: (request: Request, next: Fetch) => Promise<Response> = (request, next) => next(request)) {
  const { fetch, close } = await testServer();
  const listening = await serve((request) => answer(request, fetch), { host: "127.0.0.1", port: 0, onError: () => {} });
  opened.push(close, () => listening.close());
  const client = createClient({ trackingUri: listening.url });
  return { url: listening.url, client };
}

/** A queue file with a run of some points, a param and its end. */
async function leftBehind(points = 10, trackingUri = "http://127.0.0.1:9"): Promise<string> {
  const path = join(await temporaryDirectory(), "queue.db");
  const tracker = createTracker({
    trackingUri,
    experiment: "offline",
    queue: sqliteQueue({ path }),
    delivery: { mode: "manual" },
    runtime: { terminal: { interactive: false, columns: () => 80, writeError: () => {} } },
  });
  await tracker.withRun({ name: "left", params: { lr: 0.1 } }, (run) => {
    for (let step = 0; step < points; step++) run.logMetric("loss", step, { step });
  });
  await tracker.close();
  return path;
}

async function pointsOf({ client }: Awaited<ReturnType<typeof server>>): Promise<number[]> {
  const experiment = await client.experiments.getByName("offline");
  if (!experiment) return [];
  const counts: number[] = [];
  const found = client.runs.search({ experimentIds: [experiment.experimentId], view: "all" });
  for await (const { info } of found) {
    let count = 0;
    for await (const _ of client.metrics.history({ runId: info.runId, key: "loss" })) count++;
    counts.push(count);
  }
  return counts;
}

/** Bytes of a file and of its log, whatever else lies beside it. */
function fingerprint(path: string): string {
  const hash = createHash("sha256");
  for (const file of [path, `${path}-wal`]) hash.update(existsSync(file) ? readFileSync(file) : "none");
  return hash.digest("hex");
}

describe("tracklet status and tracklet sync", () => {
  test("show and send once what a killed process left", { timeout: 60_000 }, async () => {
    const path = join(await temporaryDirectory(), "queue.db");
    const child = startProgram(new URL("./programs/offline.ts", import.meta.url), [path]);
    await child.line("durable");
    child.kill("SIGKILL");
    expect((await child.end).signal).toBe("SIGKILL");

    const before = fingerprint(path);
    const json = await tracklet("status", path, "--json");
    expect(json).toMatchObject({ code: 0, stderr: "" });
    const status = JSON.parse(json.stdout);
    // The create, 2 params and the artifact.
    const waiting = { points: 1_500, requests: 4 };
    expect(status).toMatchObject({
      file: path,
      waiting: { ...waiting, artifactBytes: 4 },
      delivered: { points: 0, requests: 0 },
      quarantined: { points: 0, requests: 0 },
      dropped: { points: 0, requests: 0 },
      runs: [{ ...waiting, runId: null, name: "killed" }],
      quarantine: [],
    });
    expect(status.waiting.bytes + 4).toBe(status.runs[0].bytes);
    expect(Date.now() - Date.parse(status.runs[0].since)).toBeLessThan(60_000);
    const table = await tracklet("status", path);
    expect(table).toMatchObject({ code: 0, stderr: "" });
    expect(table.stdout).toMatch(/^waiting +1,500 +4$/m);
    expect(table.stdout).toMatch(/^delivered +0 +0$/m);
    expect(table.stdout).toMatch(new RegExp(`^${status.runs[0].run} +killed +1,500 +4 `, "m"));
    expect(table.stdout).toContain(`tracklet sync ${path} --tracking-uri http://127.0.0.1:9`);
    expect(fingerprint(path)).toBe(before);

    const target = await server();
    const sync = await tracklet("sync", path, "--force", "--tracking-uri", target.url);
    expect(sync).toEqual({
      code: 0,
      signal: null,
      stdout: expect.stringMatching(/^Sent 1,500 points and \d+ requests to http:.*\nNothing waits in .*\n$/),
      stderr: "",
    });
    expect(await pointsOf(target)).toEqual([1_500]);
    const { experimentId } = (await target.client.experiments.getByName("offline"))!;
    const [run] = (await target.client.runs.search({ experimentIds: [experimentId] })).items;
    expect(run?.info.runName).toBe("killed");
    expect(run?.data.params).toEqual({ lr: "0.1", layers: "2" });
    const note = await target.client.artifacts.download(run!.info.runId, "note.txt");
    expect(await note.text()).toBe("kept");

    const again = await tracklet("sync", path, "--force", "--tracking-uri", target.url);
    expect(again).toMatchObject({ code: 0, stdout: `Nothing to do: nothing waits in ${path}\n`, stderr: "" });
    expect(await pointsOf(target)).toEqual([1_500]);
    const after = JSON.parse((await tracklet("status", path, "--json")).stdout);
    expect(after).toMatchObject({ waiting: { points: 0, requests: 0 }, delivered: { points: 1_500 }, runs: [] });
  });

  test("tell what the server refuses for good, and send the rest", { timeout: 60_000 }, async () => {
    const path = await leftBehind();
    const target = await server(async (request, next) => {
      const text = await request.clone().text();
      if (!text.includes('"lr"')) return next(request);
      return Response.json({ error_code: "INVALID_PARAMETER_VALUE", message: "no rates today" }, { status: 400 });
    });
    const sync = await tracklet("sync", path, "--force", "--tracking-uri", target.url);
    expect(sync.code).toBe(1);
    expect(sync.stdout).toMatch(/^Sent 10 points and \d requests to /);
    expect(sync.stdout).toContain(
      `Quarantined in ${path}, as the server refuses it for good: 0 points and 1 request\n  params "lr" of run `,
    );
    expect(sync.stdout).toContain("no rates today");
    expect(await pointsOf(target)).toEqual([10]);
    const { stdout } = await tracklet("status", path);
    expect(stdout).toMatch(/^quarantined +0 +1$/m);
    expect(stdout).toMatch(/^ {2}params "lr" of run [0-9a-f]{32}: .*no rates today/m);
    const { quarantine } = JSON.parse((await tracklet("status", path, "--json")).stdout);
    expect(quarantine).toEqual([
      expect.objectContaining({ kind: "params", keys: ["lr"], count: 1, reason: expect.stringContaining("no rates") }),
    ]);
    // Nothing waits any more, but not everything is on the server.
    expect((await tracklet("sync", path, "--force", "--tracking-uri", target.url)).code).toBe(1);
  });
});

describe("tracklet sync", () => {
  test("leaves all in the file when the server does not answer within --timeout, and says why", async () => {
    const path = await leftBehind();
    const end = await tracklet("sync", path, "--tracking-uri", "http://127.0.0.1:9", "--timeout", "1");
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(new RegExp(`^Left in ${path}: 10 points and 3 requests\n {2}.*127\\.0\\.0\\.1:9`));
    expect(end.stderr).toContain("Nothing is lost");
    const target = await server();
    expect((await tracklet("sync", path, "--force", "--tracking-uri", target.url)).code).toBe(0);
    expect(await pointsOf(target)).toEqual([10]);
  });

  test("leaves the rest in the file at Ctrl-C, which the next one sends once", { timeout: 60_000 }, async () => {
    const path = await leftBehind();
    let hold = true;
    let held = (): void => {};
    const arrived = new Promise<void>((resolve) => (held = resolve));
    const target = await server(async (request, next) => {
      const reply = await next(request);
      if (!hold || !request.url.endsWith("/log-batch")) return reply;
      // Written, and the answer never comes.
      held();
      return new Promise<Response>((resolve) => opened.push(() => resolve(reply)));
    });
    const program = start(["sync", path, "--force", "--tracking-uri", target.url]);
    await arrived;
    program.kill("SIGINT");
    const end = await program.end;
    expect(end.code).toBe(130);
    expect(end.stdout).toMatch(/Left in .*\n {2}Stopped before the end: the same command goes on\n$/);
    hold = false;
    expect((await tracklet("sync", path, "--force", "--tracking-uri", target.url)).code).toBe(0);
    expect(await pointsOf(target)).toEqual([10]);
  });

  test("F46 sends to the server that the file was made for, and to another one only when that is meant", async () => {
    const path = await leftBehind(10, "http://ada:secret@127.0.0.1:9/mlflow/");
    const before = fingerprint(path);
    const target = await server();
    const refused = await tracklet("sync", path, "--tracking-uri", target.url);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(
      `to ${target.url} as it was made for http://127.0.0.1:9/mlflow: send it there, or`,
    );
    expect(refused.stderr).not.toContain("secret");
    expect(fingerprint(path)).toBe(before);
    expect(await pointsOf(target)).toEqual([]);
    const { destination } = JSON.parse((await tracklet("status", path, "--json")).stdout);
    expect(destination).toEqual({ uri: "http://127.0.0.1:9/mlflow" });

    expect(await tracklet("sync", path, "--force", "--tracking-uri", target.url)).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(await pointsOf(target)).toEqual([10]);
    // It is that server's now.
    expect(await tracklet("sync", path, "--tracking-uri", `${target.url}/`)).toMatchObject({ code: 0, stderr: "" });
  });

  test("F46 leaves a run in the file, by name, of which a part is on another server, whatever is said", {
    timeout: 60_000,
  }, async () => {
    let refuses = true;
    const first = await server(async (request, next) => {
      const isPoints = request.url.endsWith("/log-batch") && (await request.clone().text()).includes("loss");
      return refuses && isPoints ? new Response("later", { status: 503 }) : next(request);
    });
    const path = await leftBehind(10, first.url);
    expect((await tracklet("sync", path, "--tracking-uri", first.url, "--timeout", "2")).code).toBe(1);
    expect(await pointsOf(first)).toEqual([0]);
    const tracker = createTracker({
      trackingUri: first.url,
      experiment: "offline",
      queue: sqliteQueue({ path }),
      delivery: { mode: "manual" },
    });
    await tracker.withRun({ name: "fresh" }, (run) => run.logMetric("loss", 1));
    await tracker.close();

    const other = await server();
    const args = ["sync", path, "--force", "--tracking-uri", other.url, "--timeout", "20"];
    const forced = await start(args).end;
    expect(forced.code).toBe(1);
    expect(forced.stdout).toContain(`Not sent, as a part of it is on ${first.url} already: 1 run ("left")`);
    expect(await pointsOf(other)).toEqual([1]);
    refuses = false;
    expect((await tracklet("sync", path, "--tracking-uri", first.url)).code).toBe(0);
    expect(await pointsOf(first)).toEqual([10]);
    expect(await pointsOf(other)).toEqual([1]);
  });

  test("puts back what the server refused for good with --retry-quarantined", { timeout: 60_000 }, async () => {
    let refuses = true;
    const target = await server(async (request, next) => {
      const text = await request.clone().text();
      if (!refuses || !text.includes('"lr"')) return next(request);
      return Response.json({ error_code: "INVALID_PARAMETER_VALUE", message: "no rates today" }, { status: 400 });
    });
    const path = await leftBehind(10, target.url);
    expect((await tracklet("sync", path, "--tracking-uri", target.url)).code).toBe(1);
    refuses = false;
    expect((await tracklet("sync", path, "--tracking-uri", target.url)).code).toBe(1);
    const again = await tracklet("sync", path, "--tracking-uri", target.url, "--retry-quarantined");
    expect(again).toMatchObject({ code: 0, stderr: "" });
    const { experimentId } = (await target.client.experiments.getByName("offline"))!;
    const [run] = (await target.client.runs.search({ experimentIds: [experimentId] })).items;
    expect(run?.data.params).toEqual({ lr: "0.1" });
  });

  test("says who it must be when the server asks, and takes credentials from the environment", async () => {
    const path = await leftBehind();
    const target = await server(async (request, next) => {
      if (request.headers.get("authorization") === `Basic ${btoa("ada:lovelace-1815")}`) return next(request);
      return new Response("You are not authenticated", { status: 401 });
    });
    const args = ["sync", path, "--force", "--tracking-uri", target.url];
    const refused = await start(args, { MLFLOW_TRACKING_TOKEN: "wrong-token-1815" }).end;
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^Left in .*: 10 points and 3 requests\n {2}.*401/);
    expect(refused.stdout + refused.stderr).not.toContain("wrong-token");
    const env = { MLFLOW_TRACKING_USERNAME: "ada", MLFLOW_TRACKING_PASSWORD: "lovelace-1815" };
    expect(await start(args, env).end).toMatchObject({ code: 0, stderr: "" });
  });

  test("sends to a local store", async () => {
    const path = await leftBehind();
    const directory = await temporaryDirectory();
    const file = join(directory, "mlflow.db");
    expect(await tracklet("sync", path, "--force", "--tracking-uri", `sqlite:///${file}`)).toMatchObject({
      code: 0,
      stderr: "",
    });
    const points = withSqliteFile(file, (database) => database.prepare("SELECT count(*) AS n FROM metrics").get());
    expect(points?.["n"]).toBe(10);
  });

  test("keeps to --timeout while it sends a long backlog to a local store, and goes on the next time", {
    timeout: 60_000,
  }, async () => {
    const path = await leftBehind(300_000);
    const file = join(await temporaryDirectory(), "mlflow.db");
    const args = ["sync", path, "--force", "--tracking-uri", `sqlite:///${file}`];
    const limited = await start([...args, "--timeout", "0.2"]).end;
    expect(limited).toMatchObject({ code: 1, stderr: "" });
    expect(limited.stdout).toMatch(/\n {2}Not all was sent after 0\.2 s: give more time with --timeout\n$/);
    expect(await start(args).end).toMatchObject({ code: 0, stderr: "" });
    const points = withSqliteFile(file, (database) => database.prepare("SELECT count(*) AS n FROM metrics").get());
    expect(points?.["n"]).toBe(300_000);
  });

  test.each([
    [[], "required option '--tracking-uri <uri>' not specified"],
    [["--tracking-uri", "http://127.0.0.1:9", "--timeout", "soon"], "It must be a number of seconds above 0"],
  ])("refuses the command line %j with exit code 2", async (flags, message) => {
    const end = await tracklet("sync", "queue.db", ...flags);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain(message);
  });

  test("refuses an address that is none, and opens nothing", async () => {
    const path = await leftBehind();
    const before = fingerprint(path);
    const end = await tracklet("sync", path, "--tracking-uri", "postgresql://me:secret@db/x");
    expect(end).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("mlflow server") });
    expect(end.stderr).not.toContain("secret");
    expect(fingerprint(path)).toBe(before);
  });
});

describe.each([
  ["status", []],
  ["sync", ["--tracking-uri", "http://127.0.0.1:9"]],
] as const)("tracklet %s", (command, flags) => {
  test.each([
    ["is missing", "there is no such file", async () => {}],
    ["is a folder", "as it is a folder: name the file in it", async (file: string) => void (await mkdir(file))],
    ["is empty", "as it must be one of tracklet: it is empty", (file: string) => writeFile(file, "")],
    ["is text", "as it must be a SQLite file of tracklet", (file: string) => writeFile(file, "no queue ".repeat(200))],
    [
      "is MLflow's",
      "as it is a database of MLflow",
      async (file: string) => {
        const local = await openLocal({ directory: join(file, "..") });
        await local.close();
      },
    ],
    [
      "is somebody else's",
      'it holds the table "cars"',
      (file: string) => withSqliteFile(file, (database) => database.exec("CREATE TABLE cars (a)")),
    ],
    [
      "is of a newer tracklet",
      "current value is 999; update tracklet",
      async (file: string) => {
        await (await sqliteQueue({ path: file }).open()).close();
        withSqliteFile(file, (database) => database.exec("UPDATE queue_meta SET value = '999' WHERE name = 'version'"));
      },
    ],
    [
      "is damaged",
      "as it is damaged",
      async (file: string) => {
        await (await sqliteQueue({ path: file }).open()).close();
        withSqliteFile(file, (database) => database.exec("DELETE FROM queue_state"));
      },
    ],
  ])("refuses a file that %s, and leaves it as it is", async (_, message, make) => {
    const directory = await temporaryDirectory();
    const file = join(directory, "mlflow.db");
    await make(file);
    const before = readdirSync(directory);
    const end = await tracklet(command, file, ...flags);
    expect(end).toMatchObject({ code: 1, stdout: "" });
    expect(end.stderr).toMatch(/^Cannot (open|read) [^\n]*\n$/);
    expect(end.stderr).toContain(`"${file}"`);
    expect(end.stderr).toContain(message);
    expect(readdirSync(directory)).toEqual(before);
  });
});
