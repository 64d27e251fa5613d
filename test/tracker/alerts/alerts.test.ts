import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../../src/client/index.ts";
import type { Alert, AlertRule } from "../../../src/tracker/types/alerts.ts";
import { webOf, world as makeWorld, type World } from "./world.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function world(...rest: Parameters<typeof makeWorld>): Promise<World> {
  const made = await makeWorld(...rest);
  closers.push(made.close);
  return made;
}

const url = "https://hooks.test/services/T0/secret-part";

describe("S3.6 alertOn()", () => {
  test("tells a callback and a tag once with the value's own time, and again only when it has been well", async () => {
    const { runtime, open } = await world();
    const tracker = open();
    const run = tracker.startRun({ name: "watched" });
    const alerts: Alert[] = [];
    const onAlert = (alert: Alert): void => void alerts.push(alert);
    run.alertOn({ metric: "loss", operator: ">", value: 2, text: "diverges", cooldown: 1000, onAlert });
    const start = runtime.clock.now();
    for (const [step, value] of [1, 3, 4, 1, 5, 1, 6].entries()) {
      run.logMetric("loss", value, { step, timestamp: start + step * 400 });
    }
    run.logMetric("other", 9);
    await runtime.clock.until(run.end("FINISHED", { until: "delivered" }));
    // Step 4 is well armed, and comes 1,200 ms after step 1; step 6 only 800 ms after that.
    expect(alerts.map(({ step, value, at }) => [step, value, at - start])).toEqual([
      [1, 3, 400],
      [4, 5, 1600],
    ]);
    expect(alerts[0]).toMatchObject({ rule: "loss above 2", run: run.localId, runName: "watched", text: "diverges" });
    const { data } = await runtime.clock.until(tracker.getRun(run.localId));
    const told = JSON.parse(data.tags["mlflow.tracklet.alert.loss above 2"] ?? "");
    expect(told).toMatchObject([{ step: 1, at: start + 400, sent: ["callback"] }, { step: 4 }]);
    await runtime.clock.until(tracker.close());
  });

  test("sees trend, NaN, infinity and debounced values offline, in a series logged at once", async () => {
    const { runtime, open } = await world();
    const tracker = open();
    tracker.queue.pause();
    const run = tracker.startRun();
    const seen: string[] = [];
    const on = (rule: AlertRule): void =>
      run.alertOn({ ...rule, onAlert: ({ step }) => void seen.push(`${rule.id} ${step}`) });
    on({ id: "trend", metric: "loss", noImprovementFor: 3, minDelta: 0.1 });
    on({ id: "max", metric: "accuracy", noImprovementFor: 2, goal: "max" });
    on({ id: "nan", notFinite: true });
    on({ id: "twice", metric: "loss", operator: "<=", value: 0.95, records: 2 });
    run.logMetricSeries("loss", { steps: [0, 1, 2, 3, 4], values: [1, 0.95, 1, 0.93, 0.94] });
    run.logMetrics({ accuracy: 0.5, "system/lag": Number.NaN });
    run.logMetrics({ accuracy: 0.6 });
    run.logMetrics({ accuracy: Number.POSITIVE_INFINITY });
    await runtime.clock.until(run.end());
    expect(seen).toEqual(["trend 3", "twice 4", "nan 2"]);
    tracker.queue.resume();
    await runtime.clock.until(tracker.close());
  });

  test("tells of silence by the clock, once until something is logged again", async () => {
    const { runtime, open } = await world();
    const { clock } = runtime;
    const tracker = open();
    const run = tracker.startRun();
    const alerts: Alert[] = [];
    run.alertOn({ silentFor: 5000, cooldown: 0, onAlert: (alert) => void alerts.push(alert) });
    const start = clock.now();
    await clock.advance(4000);
    run.logMetric("loss", 1);
    await clock.advance(4900);
    expect(alerts).toEqual([]);
    await clock.advance(20_000);
    expect(alerts.map(({ at }) => at - start)).toEqual([9000]);
    run.logMetric("loss", 1);
    await clock.advance(5100);
    expect(alerts).toHaveLength(2);
    await clock.until(run.end());
    await clock.advance(20_000);
    expect(alerts).toHaveLength(2);
    await clock.until(tracker.close());
  });

  test("tells of a queue in trouble, with the reason, but not of one that is paused", async () => {
    const { runtime, open } = await world();
    const tracker = open();
    const run = tracker.startRun();
    const texts: string[] = [];
    run.alertOn({ queueTrouble: { lag: 2000 }, onAlert: ({ text }) => void texts.push(text) });
    tracker.queue.pause();
    run.logMetric("loss", 1);
    await runtime.clock.advance(10_000);
    expect(texts).toEqual([]);
    tracker.queue.resume();
    run.logParam("bad/../key", 1);
    run.logMetric("loss", 2);
    await runtime.clock.until(run.end());
    await runtime.clock.advance(1000);
    expect(texts).toEqual(["queue in trouble: 1 quarantined, 0 dropped"]);
    await runtime.clock.until(tracker.close());
  });

  test("tells of a rule that cannot work and of a metric that never came, and loses nothing", async () => {
    const { runtime, problems, open } = await world();
    const tracker = open();
    const run = tracker.startRun();
    for (const rule of [
      { metric: "loss", operator: "=", value: 1 },
      { metric: "loss", operator: ">", value: "1" },
      { metric: "loss", treshold: 1 },
      { metric: "a/../b", notFinite: true },
      { silentFor: 1 },
      { notFinite: true, webhook: "file:///secret-part" },
      null,
    ]) {
      run.alertOn(rule as unknown as AlertRule);
    }
    run.alertOn({ metric: "los", operator: ">", value: 1 });
    run.logMetric("loss", 3);
    await runtime.clock.until(run.end("FINISHED", { until: "delivered" }));
    const messages = problems.filter(({ kind }) => kind === "alert").map(({ message }) => message);
    expect(messages).toEqual([
      'Cannot use the alert rule as operator must be one of > >= < <= == !=: current value is "="; use "=="',
      'Cannot use the alert rule as value must be a finite number: current value is "1"; for NaN use { notFinite: true }',
      'Cannot use the alert rule as the rule must have one of operator, noImprovementFor, notFinite, silentFor, queueTrouble: current value is "none of them"',
      expect.stringContaining("Cannot use the alert rule as of its metric the key must"),
      "Cannot use the alert rule as silentFor must be milliseconds from 100: current value is 1",
      expect.stringMatching(/^Cannot use the alert rule as webhook must be an address (?!.*secret-part)/),
      expect.stringContaining("the rule must be an object such as"),
      'The alert rule "los above 1" had nothing to watch as no metric "los" was logged: there are "loss"',
    ]);
    expect((await runtime.clock.until(tracker.getRun(run.localId))).data.metrics).toEqual({ loss: 3 });
    await runtime.clock.until(tracker.close());
  });

  test("goes on after a crash: tells nothing again, and late what nobody was told of", async () => {
    // The first process is never heard of again: nobody takes its posts, however often it tries.
    const gone = `${url}/gone`;
    const { posts, web } = webOf((_, to) => new Response(null, { status: to === gone ? 503 : 200 }));
    const { runtime, problems, open } = await world(web);
    const { clock } = runtime;
    const alerts: Alert[] = [];
    const rule: AlertRule = {
      metric: "loss",
      operator: ">",
      value: 2,
      webhook: url,
      onAlert: (alert) => void alerts.push(alert),
    };
    const first = open();
    const run = first.startRun();
    run.alertOn({ ...rule, webhook: gone });
    run.logMetric("loss", 3);
    const at = clock.now();
    await clock.until(first.flush());
    expect([alerts.length, posts.length > 0]).toEqual([1, true]);
    clock.jump(3_600_000);
    const second = open();
    const resumed = await clock.until(second.resumeRun(run.localId));
    resumed.alertOn(rule);
    resumed.logMetric("loss", 4);
    await clock.until(resumed.end("FINISHED", { until: "delivered" }));
    expect(alerts).toHaveLength(1);
    const taken = posts.filter((post) => post.url === url);
    expect(taken.map(({ body }) => JSON.parse(body))).toMatchObject([{ at, value: 3, id: alerts[0]?.id }]);
    const { data } = await clock.until(second.getRun(run.localId));
    expect(JSON.parse(data.tags["mlflow.tracklet.alert.loss above 2"] ?? "")).toMatchObject([
      { at, sent: ["callback", "webhook"] },
    ]);
    expect(JSON.stringify(data.tags) + JSON.stringify(problems)).not.toContain("secret-part");
    await clock.until(second.close());
  });
});

test("S3.6 alertOn() after a crash tells those of one millisecond that were not told, and the others not again", async () => {
  const { runtime, open, server } = await world();
  const { clock } = runtime;
  const first = open();
  const run = first.startRun();
  const seen: string[] = [];
  const onAlert = ({ id, step }: Alert): void => void seen.push(`${step} ${id}`);
  const rule: AlertRule = { id: "high", metric: "loss", operator: ">", value: 2, cooldown: 0, onAlert };
  run.alertOn(rule);
  const timestamp = clock.now();
  run.logMetric("loss", 3, { step: 0, timestamp });
  run.logMetric("loss", 1, { step: 1, timestamp });
  await clock.until(first.flush());
  expect(seen).toHaveLength(1);
  const { runId } = (await clock.until(first.getRun(run.localId))).info;
  // It dies when one more is on the server of which nobody was told.
  await createClient(server).runs.logMetric(runId, { key: "loss", value: 4, step: 2, timestamp });
  const second = open();
  const resumed = await clock.until(second.resumeRun(run.localId));
  resumed.alertOn(rule);
  await clock.until(resumed.end());
  expect(seen).toEqual([`0 ${run.localId}/high/${timestamp}/loss/0`, `2 ${run.localId}/high/${timestamp}/loss/2`]);
  await clock.until(first.close());
  await clock.until(second.close());
});

describe("alertOn() with a webhook", () => {
  test("posts the alert signed, and for Slack as text with the true time", async () => {
    const { posts, web } = webOf(() => new Response("ok"));
    const { runtime, open } = await world(web);
    const tracker = open();
    const run = tracker.startRun({ name: "a <b>" });
    run.alertOn({ id: "json", notFinite: true, webhook: { url, secret: "key" } });
    run.alertOn({ id: "slack", notFinite: true, webhook: { url, form: "slack" }, text: "a & b" });
    run.logMetric("loss", Number.NaN, { step: 7, timestamp: 1_700_000_000_000 });
    // A signature is made outside of the thread, in its own time: that of the post stands still.
    for (let n = 0; n < 5000 && posts.length < 2; n++) await runtime.clock.advance(0);
    await runtime.clock.until(run.end());
    const json = posts.find(({ headers }) => headers.has("x-tracklet-signature"));
    const slack = posts.find((post) => post !== json);
    expect(posts).toHaveLength(2);
    expect(JSON.parse(json?.body ?? "")).toMatchObject({
      type: "tracklet.alert",
      rule: "json",
      value: "NaN",
      step: 7,
      at: 1_700_000_000_000,
      time: "2023-11-14T22:13:20.000Z",
    });
    const [, time, signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(json?.headers.get("x-tracklet-signature") ?? "") ?? [];
    expect(signature).toBe(await hmac("key", `${time}.${json?.body}`));
    // What a page may post to Slack, which answers no preflight.
    const ours = [...(slack?.headers ?? [])].filter(([name]) => name.startsWith("x-"));
    expect([slack?.headers.get("content-type"), ours]).toEqual(["text/plain;charset=UTF-8", []]);
    expect(JSON.parse(slack?.body ?? "")).toEqual({
      text: "a &lt;b&gt;: a &amp; b (loss = NaN at step 7), 2023-11-14T22:13:20.000Z",
    });
    await runtime.clock.until(tracker.close());
  });

  test("tries again after 500 and no answer, waits as long as it is told, and holds up no run", async () => {
    const { posts, web } = webOf((n) => {
      if (n === 1) throw new TypeError(`cannot reach ${url}`);
      return new Response(null, {
        status: n === 0 ? 500 : n === 2 ? 429 : 200,
        headers: n === 2 ? { "retry-after": "90" } : {},
      });
    });
    const { runtime, problems, open } = await world(web);
    const tracker = open();
    const run = tracker.startRun();
    run.alertOn({ notFinite: true, webhook: url });
    run.logMetric("loss", Number.NaN);
    await runtime.clock.until(run.end());
    expect(posts).toHaveLength(1);
    await runtime.clock.advance(60_000);
    expect(posts).toHaveLength(3);
    await runtime.clock.advance(60_000);
    expect(posts).toHaveLength(4);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    await runtime.clock.advance(600_000);
    expect(posts).toHaveLength(4);
    expect(JSON.stringify(problems)).not.toContain("secret-part");
    await runtime.clock.until(tracker.close());
  });

  test("follows a redirect within its host, and none to another", async () => {
    const other = "https://evil.test/steal";
    const { posts, web } = webOf((n) => {
      const location = n === 0 ? "/moved" : other;
      return n === 2 ? new Response("ok") : new Response(null, { status: 308, headers: { location } });
    });
    const { runtime, problems, open } = await world(web);
    const tracker = open();
    const run = tracker.startRun();
    run.alertOn({ metric: "loss", operator: ">", value: 1, webhook: url });
    run.logMetric("loss", 2);
    await runtime.clock.until(run.end());
    await runtime.clock.advance(600_000);
    expect(posts.map((post) => post.url)).toEqual([url, "https://hooks.test/moved"]);
    expect(problems.map(({ message }) => message)).toEqual([
      "Cannot deliver an alert to hooks.test as it redirects to evil.test, and an alert goes to no other host: look at the rule's webhook; the alert stands in a tag of the run",
    ]);
    await runtime.clock.until(tracker.close());
  });
});

async function hmac(secret: string, text: string): Promise<string> {
  const bytes = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), algorithm, false, ["sign"]);
  const signed = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(text)));
  return [...signed].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
