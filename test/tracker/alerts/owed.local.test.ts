import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient } from "../../../src/client/index.ts";
import { createTracker } from "../../../src/index.ts";
import { sqliteQueue } from "../../../src/queue/sqlite.ts";
import type { Fetch } from "../../../src/runtime/ports/fetch.ts";
import type { Tracker } from "../../../src/tracker/types/tracker.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const temporaryDirectory = temporaryDirectories();
const webhook = { url: "https://hooks.test/secret-part", secret: "key" };
const rule = { id: "high", metric: "loss", operator: ">", value: 2, webhook } as const;
let server: TestServer;
let path: string;
/** What the hook's server has taken. */
let taken: { id: string; at: number; runName: string }[];
let down: boolean;
beforeEach(async () => {
  server = await testServer();
  path = join(await temporaryDirectory(), "queue.db");
  taken = [];
  down = true;
});
afterEach(() => server.close());

const hook: Fetch = async (request) => {
  const body = await request.text();
  if (down) return new Response(null, { status: 503 });
  taken.push(JSON.parse(body));
  return new Response("ok");
};
const unreachable: Fetch = () => Promise.reject(new TypeError("fetch failed"));
const open = (fetch: Fetch = server.fetch): Tracker =>
  createTracker({
    trackingUri: server.trackingUri,
    fetch,
    queue: sqliteQueue({ path }),
    runtime: { fetch: hook },
    onProblem: () => {},
  });

/** A process that alerts while nobody takes it, and ends. */
async function alerts(fetch?: Fetch): Promise<{ id: string; at: number }> {
  const tracker = open(fetch);
  const run = tracker.startRun({ name: "first", experiment: "field" });
  run.alertOn(rule);
  const at = 1_800_000_000_000;
  run.logMetric("loss", 3, { timestamp: at });
  await run.end();
  await tracker.close({ timeout: fetch === undefined ? 10_000 : 50 });
  return { id: run.localId, at };
}

/** A process that begins later. */
async function begins(experiment = "field", id = "high"): Promise<void> {
  const tracker = open();
  const run = tracker.startRun({ name: "later", experiment });
  run.alertOn({ ...rule, id });
  await run.end();
  await tracker.flush();
  await tracker.close();
}

describe("S3.6 alertOn() with a webhook that nobody answered", () => {
  test("has it posted by a later process, once, with its own id and time", async () => {
    const { id, at } = await alerts();
    await begins();
    // Nobody takes it yet: it stays owed.
    expect(taken).toEqual([]);
    down = false;
    await begins("other");
    await begins("field", "another rule");
    expect(taken).toEqual([]);
    await begins();
    await begins();
    expect(taken).toEqual([expect.objectContaining({ id: `${id}/high/${at}/loss/0`, at, runName: "first", value: 3 })]);
    await using tracker = open();
    const { data } = await tracker.getRun(id);
    expect(data.tags["mlflow.tracklet.alertOwed.high"]).toBe("none");
    expect(JSON.parse(data.tags["mlflow.tracklet.alert.high"] ?? "")).toMatchObject([{ at, sent: ["webhook"] }]);
    expect(JSON.stringify(data.tags)).not.toContain("secret-part");
  });

  test("has all of them posted, however many there are", async () => {
    const first = open();
    const run = first.startRun({ name: "first", experiment: "field" });
    run.alertOn({ ...rule, cooldown: 0 });
    const at = 1_800_000_000_000;
    // All within one millisecond: they differ in their steps.
    for (let step = 0; step < 30; step++) run.logMetric("loss", step % 2 === 0 ? 3 : 1, { step, timestamp: at });
    await run.end();
    await first.close();
    down = false;
    await begins();
    expect(new Set(taken.map(({ id }) => id)).size).toBe(15);
    expect(taken).toHaveLength(15);
  });

  test("posts no more of a text that somebody wrote into the tag than a rule may say", async () => {
    const { id } = await alerts();
    const tracker = open();
    const client = createClient(tracker);
    const { runId } = (await tracker.getRun(id)).info;
    const text = JSON.stringify([{ at: 1, text: "x".repeat(5000), sent: [] }]);
    await client.runs.setTag(runId, "mlflow.tracklet.alert.high", text);
    await tracker.close();
    down = false;
    await begins();
    expect(taken.map((post) => (post as unknown as { text: string }).text.length)).toEqual([500]);
  });

  test("tells that the oldest are lost with the process when their tag has no room", async () => {
    const problems: string[] = [];
    const { trackingUri, fetch } = server;
    const onProblem = ({ message }: { message: string }): void => void problems.push(message);
    const runtime = { fetch: hook };
    await using tracker = createTracker({ trackingUri, fetch, runtime, onProblem });
    const run = tracker.startRun({ experiment: "field" });
    run.alertOn({ ...rule, cooldown: 0, text: "t".repeat(500) });
    for (let step = 0; step < 40; step++) run.logMetric("loss", step % 2 === 0 ? 3 : 1, { step });
    await run.end();
    expect(problems.filter((message) => message.includes("a tag has no room for more"))).toHaveLength(1);
    const { data } = await tracker.getRun(run.localId);
    const listed = JSON.parse(data.tags["mlflow.tracklet.alert.high"] ?? "");
    expect(listed.length).toBeGreaterThan(10);
    expect(listed.at(-1).step).toBe(38);
  });

  test("has it posted once when two begin at the same time, and not while the first still tries", async () => {
    const first = open();
    const run = first.startRun({ name: "first", experiment: "field" });
    run.alertOn(rule);
    run.logMetric("loss", 3);
    await run.end();
    await first.flush();
    await begins();
    await first.close();
    down = false;
    await Promise.all([begins(), begins()]);
    expect(taken.map(({ runName }) => runName)).toEqual(["first"]);
  });

  test("has it posted by a later process when the first had no server either", async () => {
    const { id } = await alerts(unreachable);
    down = false;
    await begins();
    expect(taken.map(({ id: said }) => said.split("/")[0])).toEqual([id]);
  });

  test("forgets what the hook's server refused for good", async () => {
    const gone: Fetch = async () => new Response(null, { status: 410 });
    const { trackingUri, fetch } = server;
    const tracker = createTracker({ trackingUri, fetch, runtime: { fetch: gone }, onProblem: () => {} });
    const run = tracker.startRun({ experiment: "field" });
    run.alertOn(rule);
    run.logMetric("loss", 3);
    await run.end();
    await tracker.flush();
    expect((await tracker.getRun(run.localId)).data.tags["mlflow.tracklet.alertOwed.high"]).toBe("none");
    await tracker.close();
    down = false;
    await begins();
    expect(taken).toEqual([]);
  });
});

test("S3.6 alertOn() throws at once for a bad rule when strict, and uses the good ones", async () => {
  const { trackingUri, fetch } = server;
  await using tracker = createTracker({ trackingUri, fetch, strict: true });
  const run = tracker.startRun();
  expect(() => run.alertOn({ metric: "loss", operator: "=>", value: 1 } as never)).toThrow(
    'operator must be one of > >= < <= == !=: current value is "=>"',
  );
  const told: unknown[] = [];
  run.alertOn({ metric: "loss", operator: ">", value: 1, onAlert: ({ value }) => void told.push(value) });
  run.logMetric("loss", 2);
  await run.end();
  expect(told).toEqual([2]);
});
