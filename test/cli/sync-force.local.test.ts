import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { queueName } from "../../src/queue/queue-name.ts";
import { sqliteQueue } from "../../src/queue/storage/sqlite.ts";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { fingerprint, pointsOf, queueFiles, tracklet } from "./support/queue-files.ts";

const { temporaryDirectory, server, leftBehind } = queueFiles();

/** Adds a run of one point to a queue file. */
async function logOffline(path: string, trackingUri: string, name: string, experimentId?: string): Promise<void> {
  const { environment } = defaultRuntime();
  const get = (name: string): string | undefined => (name === "MLFLOW_EXPERIMENT_ID" ? experimentId : undefined);
  const tracker = createTracker({
    trackingUri,
    ...(experimentId === undefined && { experiment: "offline" }),
    queue: sqliteQueue({ path }),
    delivery: { mode: "manual" },
    runtime: { environment: Object.assign(Object.create(environment), { get }) },
  });
  await tracker.withRun({ name }, (run) => run.logMetric("loss", 1));
  await tracker.close();
}

/** A queue file as `openTracker` names it. */
const namedFor = async (uri: string): Promise<string> => join(await temporaryDirectory(), `${queueName(uri)}.db`);

/** As a leader does right before it sends a create, and is killed then. */
async function noteCreatesAsSent(path: string): Promise<void> {
  const store = await sqliteQueue({ path }).open();
  const term = await store.beginTerm();
  for (const { kind, order } of await store.heads(0, 100))
    if (kind === "create") await store.markAttempted(order, term);
  await store.endTerm(term);
  await store.close();
}

describe("tracklet sync to another address", () => {
  test.each([false, true])(
    "gives a file back to the server that it is named for once nothing waits (after a sync that was stopped: %s)",
    async (stopped) => {
      const home = await server();
      const other = await server();
      const path = await namedFor(home.url);
      await logOffline(path, home.url, "left");
      if (stopped) {
        const args = ["sync", path, "--force", "--tracking-uri", "http://127.0.0.1:9", "--timeout", "1"];
        expect((await tracklet(...args)).code).toBe(1);
      }
      expect((await tracklet("sync", path, "--force", "--tracking-uri", other.url)).code).toBe(0);
      expect([await pointsOf(other), await pointsOf(home)]).toEqual([[1], []]);
      // The next program finds its queue as it was, and the file goes on there.
      await logOffline(path, home.url, "next");
      expect((await tracklet("sync", path, "--tracking-uri", home.url)).code).toBe(0);
      expect([await pointsOf(other), await pointsOf(home)]).toEqual([[1], [1]]);
    },
  );

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
    await logOffline(path, first.url, "tried");
    await noteCreatesAsSent(path);
    await logOffline(path, first.url, "fresh");

    const other = await server();
    const forced = await tracklet("sync", path, "--force", "--tracking-uri", other.url, "--timeout", "20");
    expect(forced.code).toBe(1);
    expect(forced.stdout).toContain(`is on ${first.url}: 2 runs ("left", "tried")`);
    expect(await pointsOf(other)).toEqual([1]);
    // Not even a run that is on the other server now goes back.
    withSqliteFile(path, (database) => {
      const [mapping] = database.prepare("SELECT mapping FROM runs WHERE mapping LIKE '%fresh%'").all();
      expect(JSON.parse(String(mapping?.["mapping"]))).toMatchObject({ at: { uri: other.url } });
    });
    refuses = false;
    expect((await tracklet("sync", path, "--tracking-uri", first.url)).code).toBe(0);
    expect((await pointsOf(first)).sort()).toEqual([1, 10]);
    expect(await pointsOf(other)).toEqual([1]);
  });

  test("F46 leaves a model in the file whose run is on another server, and sends it there later", {
    timeout: 60_000,
  }, async () => {
    let refuses = true;
    const first = await server(async (request, next) =>
      refuses && request.url.endsWith("/logged-models") ? new Response("later", { status: 503 }) : next(request),
    );
    const path = join(await temporaryDirectory(), "queue.db");
    const tracker = createTracker({
      trackingUri: first.url,
      experiment: "offline",
      queue: sqliteQueue({ path }),
      delivery: { mode: "manual" },
    });
    const run = tracker.startRun({ name: "maker" });
    await run.end();
    expect((await tracker.flush()).pending.requests).toBe(0);
    await run.logModel({ "w.bin": new Uint8Array(3) }, { name: "net" });
    await tracker.close();
    await logOffline(path, first.url, "fresh");

    const other = await server();
    const forced = await tracklet("sync", path, "--force", "--tracking-uri", other.url, "--timeout", "20");
    expect(forced.code).toBe(1);
    expect(forced.stdout).toContain(`is on ${first.url}: 1 run ("net")`);
    expect(await pointsOf(other)).toEqual([1]);
    refuses = false;
    expect((await tracklet("sync", path, "--tracking-uri", first.url)).code).toBe(0);
    const { experimentId } = (await first.client.experiments.getByName("offline"))!;
    const models = await first.client.loggedModels.search({ experimentIds: [experimentId] }).all();
    expect(models.map(({ name }) => name)).toEqual(["net"]);
  });

  test("F46 takes no experiment by the id that it has on another server, but by a name that is given", {
    timeout: 60_000,
  }, async () => {
    const [first, other] = [await server(), await server()];
    const path = join(await temporaryDirectory(), "queue.db");
    // The same id is another experiment there.
    const id = await first.client.experiments.create({ name: "offline" });
    const strange = await other.client.experiments.create({ name: "strange" });
    expect(strange).toBe(id);
    await logOffline(path, first.url, "by id", id);
    const args = ["sync", path, "--force", "--tracking-uri", other.url];
    const refused = await tracklet(...args, "--timeout", "20");
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(`is on ${first.url}: 1 run ("by id")`);
    expect(refused.stdout).toContain('"tracklet sync --experiment"');
    expect((await other.client.runs.search({ experimentIds: [strange] })).items).toEqual([]);

    expect(await tracklet(...args, "--experiment", "offline")).toMatchObject({ code: 0, stderr: "" });
    expect(await pointsOf(other)).toEqual([1]);
    expect((await other.client.runs.search({ experimentIds: [strange] })).items).toEqual([]);
  });

  test("F46 stops a live tracker that sends the same file to where it went before", { timeout: 60_000 }, async () => {
    let refuses = true;
    const writes: string[] = [];
    const first = await server(async (request, next) => {
      if (refuses) return new Response("later", { status: 503 });
      if (request.method === "POST" && !request.url.endsWith("/search")) writes.push(request.url);
      return next(request);
    });
    const path = join(await temporaryDirectory(), "queue.db");
    let told = (): void => {};
    const gone = new Promise<void>((resolve) => (told = resolve));
    let refused = (): void => {};
    const met = new Promise<void>((resolve) => (refused = resolve));
    const tracker = createTracker({
      trackingUri: first.url,
      experiment: "offline",
      queue: sqliteQueue({ path }),
      onProblem: ({ kind, key }) => {
        if (kind === "server-unreachable") refused();
        if (key === "destination") told();
      },
    });
    const run = tracker.startRun({ name: "live" });
    run.logMetric("loss", 1, { step: 1 });
    await tracker.flush({ until: "durable" });
    await met;

    const other = await server();
    const forced = await tracklet("sync", path, "--force", "--tracking-uri", other.url);
    expect(forced).toMatchObject({ code: 0, stderr: "" });
    expect(await pointsOf(other)).toEqual([1]);
    refuses = false;
    run.logMetric("loss", 2, { step: 2 });
    await tracker.flush({ until: "durable" });
    await gone;
    await run.end();
    expect(writes).toEqual([]);
    await tracker.close({ timeout: 1 });
    expect(writes).toEqual([]);
    expect((await tracklet("sync", path, "--tracking-uri", other.url)).code).toBe(0);
    expect(await pointsOf(other)).toEqual([2]);
  });
});
