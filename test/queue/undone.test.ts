import { expect, test } from "vitest";
import { WaitingRuns } from "../../src/queue/drain/waiting-runs.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { afterDeath, harness } from "./harness.ts";

const refusal = { status: 400, errorCode: "INVALID_PARAMETER_VALUE" } as const;

test("F32 an older value comes back also when the process died right after it had set the newer one aside", async () => {
  const it = harness();
  const { queue, oracle, runtime } = it;
  const run = it.start("a");
  await runtime.clock.until(queue.flush());
  oracle.fault = ({ body }) => (JSON.stringify(body).includes('"stage"') ? refusal : undefined);
  queue.setTag(run, "stage", "older");
  await runtime.clock.until(queue.flush());
  const store = await it.storage.open();
  const [append, quarantine] = [store.append.bind(store), store.quarantine.bind(store)];
  let dead = false;
  store.quarantine = async (...given) => {
    await quarantine(...given);
    dead = true;
  };
  store.append = async (...given) => {
    if (dead) throw new Error("dead");
    return append(...given);
  };
  queue.setTag(run, "stage", "newer");
  for (let n = 0; n < 100 && !dead; n++) await runtime.clock.advance(1_000);
  expect(dead).toBe(true);
  queue.pause();
  store.append = append;
  store.quarantine = quarantine;
  const next = harness({
    storage: await afterDeath(it.storage),
    oracle,
    runtime: manualRuntime({ clock: runtime.clock, seed: 2 }),
  });
  await next.queue.recover();
  oracle.fault = () => undefined;
  const aside = await next.queue.quarantine();
  const [older, newer] = await Array.fromAsync(aside.list());
  expect(newer).toBeDefined();
  await aside.discard(newer!.id);
  await aside.retry(older!.id);
  await runtime.clock.until(next.queue.flush());
  expect(oracle.named("a").tags.get("stage")).toBe("older");
});

test("a quarantine whose note of what is undone fails is told and counted", async () => {
  const it = harness();
  const store = await it.storage.open();
  const append = store.append.bind(store);
  let fail = 0;
  store.append = async (...given) => {
    if (given[2] && [...given[2].values()].some((state) => state.undone) && fail-- > 0) throw new Error("disk full");
    return append(...given);
  };
  const run = it.start("a");
  await it.runtime.clock.until(it.queue.flush());
  it.oracle.fault = ({ body }) =>
    JSON.stringify(body).includes("stage") ? { status: 400, errorCode: "INVALID_PARAMETER_VALUE" } : undefined;
  fail = 2;
  it.queue.setTag(run, "stage", "x");
  await it.runtime.clock.advance(600_000);
  const { waiting, quarantined, problems } = it.queue.status();
  expect(fail).toBeLessThan(2);
  expect(waiting).toEqual({ points: 0, requests: 0 });
  expect(quarantined).toEqual({ points: 0, requests: 1 });
  expect(problems.map(({ kind, key }) => `${kind} ${key}`)).toEqual(["quarantined stage"]);
  expect((await store.desired(run))?.undone).toEqual({ tags: { stage: "x" } });
});

test("what is known of a run that the server has leaves out a tag that was set aside", async () => {
  const it = harness();
  const run = it.start("a");
  it.queue.setTag(run, "fine", "1");
  await it.runtime.clock.until(it.queue.flush());
  it.oracle.fault = ({ body }) =>
    JSON.stringify(body).includes("stage") ? { status: 400, errorCode: "INVALID_PARAMETER_VALUE" } : undefined;
  it.queue.setTag(run, "stage", "x");
  await it.runtime.clock.until(it.queue.flush());
  expect(it.queue.status().quarantined.requests).toBe(1);
  const store = await it.storage.open();
  const found = await new WaitingRuns(store).findSent(run);
  expect([...found!.tags]).toEqual([["fine", "1"]]);
});

test("a deletion that the server answers with 404 counts as taken, also for the note of what is undone", async () => {
  const { queue, oracle, runtime, start, storage } = harness();
  const run = start("a");
  queue.setTag(run, "stage", "x");
  await runtime.clock.until(queue.flush());
  oracle.fault = ({ path }) =>
    path.endsWith("delete-tag") ? { status: 400, errorCode: "INVALID_PARAMETER_VALUE" } : undefined;
  queue.deleteTag(run, "stage");
  await runtime.clock.until(queue.flush());
  expect(queue.status().quarantined.requests).toBe(1);
  oracle.fault = () => undefined;
  oracle.named("a").tags.delete("stage");
  queue.deleteTag(run, "stage");
  await runtime.clock.until(queue.flush());
  const store = await storage.open();
  expect((await store.desired(run))?.undone?.tags ?? {}).toEqual({});
});
