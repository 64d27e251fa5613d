import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLocal } from "../../src/open/local.ts";
import { sqliteQueue } from "../../src/queue/storage/sqlite.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { startProgram } from "../support/start-program.ts";
import { fingerprint, pointsOf, queueFiles, start, tracklet } from "./support/queue-files.ts";

const nothing = { points: 0, requests: 0 };
const { temporaryDirectory, opened, server, leftBehind } = queueFiles();

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
      openRuns: [{ runId: null, name: "killed" }],
      quarantine: [],
    });
    expect(status.waiting.bytes + 4).toBe(status.runs[0].bytes);
    expect(Date.now() - Date.parse(status.runs[0].since)).toBeLessThan(60_000);
    const table = await tracklet("status", path);
    expect(table).toMatchObject({ code: 0, stderr: "" });
    expect(table.stdout).toMatch(/^waiting +1,500 +4$/m);
    expect(table.stdout).toMatch(/^delivered +0 +0$/m);
    expect(table.stdout).toMatch(new RegExp(`^${status.runs[0].run} +killed +1,500 +4 `, "m"));
    expect(table.stdout).toMatch(new RegExp(`\nopen runs, .* FAILED:\n  ${status.runs[0].run}  killed\n`));
    expect(table.stdout).toContain(`tracklet sync ${path} --tracking-uri http://127.0.0.1:9`);
    expect(fingerprint(path)).toBe(before);

    const target = await server();
    const sync = await tracklet("sync", path, "--force", "--tracking-uri", target.url);
    expect(sync).toEqual({
      code: 0,
      signal: null,
      stdout: expect.stringMatching(/^Sent 1,500 points and \d+ requests to http:.*\nNothing waits in .*\n$/),
      stderr: expect.stringMatching(
        /^The run "\w+" was open when its program ended without a word: it is FAILED now, .*\n$/,
      ),
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
    expect(after).toMatchObject({
      waiting: { points: 0, requests: 0 },
      delivered: { points: 1_500 },
      runs: [],
      openRuns: [],
    });
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
      `Quarantined in ${path}, each with the reason: 0 points and 1 request\n  params "lr" of run `,
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

describe("tracklet sync of a file that turns out to be damaged while it is sent", () => {
  test("ends with code 1, and says where that lies which was not sent", async () => {
    const path = await leftBehind(10);
    const page = withSqliteFile(path, (database) => {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return Number(database.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'accounts'").get()?.["rootpage"]);
    });
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xab, (page - 1) * 4_096, page * 4_096));
    const target = await server();
    const end = await tracklet("sync", path, "--force", "--tracking-uri", target.url);
    expect(end.code).toBe(1);
    expect(end.stdout).toContain(`Not all was sent: the file was damaged, and what was left is in ${path}.damaged-1\n`);
    expect(end.stdout).not.toContain(`Nothing waits in ${path}`);
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

  test("gives up with --discard-run what a deleted run left, which status names", { timeout: 60_000 }, async () => {
    let deletes = true;
    const target = await server(async (request, next) => {
      const { url } = request;
      if (!deletes || !url.endsWith("/log-batch")) return next(request);
      deletes = false;
      const { run_id } = (await request.clone().json()) as { run_id: string };
      await target.client.runs.delete(run_id);
      return next(request);
    });
    const path = await leftBehind(10, target.url);
    const sync = ["sync", path, "--tracking-uri", target.url];
    const first = await tracklet(...sync);
    expect(first.code).toBe(1);
    const [, runId] = /run (\w{32}) is deleted: restore it/.exec(first.stdout)!;
    expect(first.stdout).toContain("--discard-run");
    expect(first.stdout).not.toContain("queue.resume");

    const { runs } = JSON.parse((await tracklet("status", path, "--json")).stdout);
    expect(runs).toMatchObject([{ runId, name: "left", points: 10, parked: expect.stringContaining("is deleted") }]);
    const status = await tracklet("status", path);
    expect(status.stdout).toContain(`${runId}: run ${runId} is deleted`);
    expect(status.stdout).toContain(`give one up: tracklet ${sync.join(" ")} --discard-run ${runId}`);

    const wrong = await tracklet(...sync, "--discard-run", "nobody");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/Cannot discard the run as its id .*"nobody"/);
    const last = await tracklet(...sync, "--discard-run", runId!);
    expect(last).toMatchObject({ code: 0, stderr: "" });
    expect(last.stdout).toContain("Dropped 10 points and 2 requests of what was given up");
    const after = JSON.parse((await tracklet("status", path, "--json")).stdout);
    expect(after).toMatchObject({ waiting: nothing, dropped: { points: 10, requests: 2 }, runs: [] });
  });

  test("makes no run with --discard-run that no server has yet, of several and behind a long backlog", async () => {
    const path = await leftBehind(100_000, undefined, ["first", "second"]);
    const { runs } = JSON.parse((await tracklet("status", path, "--json")).stdout) as { runs: { run: string }[] };
    expect(runs).toHaveLength(2);
    const sent: string[] = [];
    const target = await server((request, next) => {
      if (request.method !== "GET") sent.push(request.url);
      return next(request);
    });
    const given = runs.flatMap(({ run }) => ["--discard-run", run]);
    const sync = await tracklet("sync", path, "--force", "--tracking-uri", target.url, ...given);
    expect(sync).toMatchObject({ code: 0, stderr: "" });
    expect(sync.stdout).toContain("Dropped 200,000 points and 6 requests of what was given up");
    expect(sent).toEqual([]);
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
    expect(limited.stdout).toMatch(/\n {2}Not all was sent after 0\.2 s: .+\n$/);
    // On a slow machine it says meanwhile how far it is.
    expect(await start(args).end).toMatchObject({ code: 0, stderr: expect.not.stringContaining("Cannot") });
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
    [
      "is empty",
      "it is empty; what a program wrote last lies beside it in mlflow.db-wal until another one opens it: copy that, too",
      (file: string) => writeFile(file, ""),
    ],
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
      "goes on with a new one; save what can still be read with: sqlite3 ",
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
