import { afterEach, describe, expect, test } from "vitest";
import { claim, findOrStartRun } from "../../src/claims/index.ts";
import { nameDigest } from "../../src/claims/name-digest.ts";
import { createClient } from "../../src/client/index.ts";
import { ServerError, TimeoutError, ValidationError } from "../../src/errors/index.ts";
import { createTracker } from "../../src/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { testServer } from "../support/test-server.ts";

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** Trackers with queues in memory, which share nothing but a server. */
async function place(wrap: (fetch: Fetch) => Fetch = (fetch) => fetch): Promise<() => Tracker> {
  const server = await testServer();
  opened.push(() => server.close());
  const { trackingUri } = server;
  return () => {
    const tracker = createTracker({ trackingUri, fetch: wrap(server.fetch), experiment: "e", onProblem: () => {} });
    opened.push(() => tracker.close({ timeout: 50 }));
    return tracker;
  };
}

describe("findOrStartRun() of tracklet/claims", () => {
  test("starts one run when trackers that share nothing but a server look at once", async () => {
    let looking = 0;
    let allLook = (): void => {};
    const look = new Promise<void>((resolve) => {
      allLook = resolve;
    });
    const open = await place((fetch) => {
      let isFirst = true;
      return async (request) => {
        if (!isFirst || !request.url.includes("runs/search")) return fetch(request);
        isFirst = false;
        // All have found nothing before the first one starts.
        const reply = await fetch(request);
        if (++looking === 3) allLook();
        await look;
        return reply;
      };
    });
    const trackers = [open(), open(), open()] as const;
    await createClient(trackers[0]).experiments.create({ name: "e" });
    const runs = await Promise.all(
      trackers.map((tracker, n) => findOrStartRun(tracker, { name: "job", params: { [`p${n}`]: n } })),
    );
    const ids = await Promise.all(runs.map((run) => run.runId()));
    expect(new Set(ids).size).toBe(1);
    for (const tracker of trackers) await tracker.flush();
    const { params } = (await trackers[0].getRun(ids[0] as string)).data;
    expect(params).toEqual({ p0: "0", p1: "1", p2: "2" });
  });

  test("goes on with a run that is there without a claim, in its experiment and below its parent", async () => {
    const open = await place();
    const one = open();
    const parent = one.startRun({ experiment: "other", name: "job" });
    const child = await findOrStartRun(one, { name: "job", parent });
    const id = await child.runId();
    await child.end("FAILED", { until: "delivered" });
    const client = createClient(one);
    const { experimentId } = (await client.experiments.getByName("tracklet locks")) as { experimentId: string };
    const lock = async (): Promise<unknown> => {
      const runs = await client.runs.search({ experimentIds: [experimentId] }).all();
      return runs.map(({ data }) => Object.keys(data.params).length);
    };
    const before = await lock();
    const again = await findOrStartRun(open(), {
      name: "job",
      parent: await parent.runId(),
      experiment: "other",
      tags: { t: "1" },
    });
    expect(await again.runId()).toBe(id);
    await again.end("FINISHED", { until: "delivered" });
    expect((await one.getRun(id)).data.tags).toMatchObject({ t: "1" });
    expect(await lock()).toEqual(before);
  });

  test("gives each of several that ask at once a name of its own with date-suffix", async () => {
    const open = await place();
    const first = await findOrStartRun(open(), { name: "job" });
    const runs = await Promise.all(
      [open(), open()].map((tracker) => findOrStartRun(tracker, { name: "job", ifExists: "date-suffix" })),
    );
    const names = [first, ...runs].map((run) => run.name);
    expect(new Set(names).size).toBe(3);
    for (const name of names.slice(1)) expect(name).toMatch(/^job-\d{8}-\d{6}/);
  });

  test("tells that somebody else has the name when its time is over", async () => {
    const open = await place();
    const held = await claim(open(), `findOrStartRun ${nameDigest("job")}`);
    expect(held.state).toBe("held");
    const failed = findOrStartRun(open(), { name: "job", timeout: 300 });
    await expect(failed).rejects.toThrow(TimeoutError);
    await expect(failed).rejects.toThrow('the run "job"');
    if (held.state === "held") await held.release();
  });

  test("rejects without an answer, and starts a run when it may", async () => {
    const open = await place(() => async () => new Response("no", { status: 501 }));
    const tracker = open();
    await expect(findOrStartRun(tracker, { name: "job", timeout: 500 })).rejects.toThrow(ServerError);
    const run = await findOrStartRun(tracker, { name: "job", timeout: 500, ifUnreachable: "start" });
    expect(run.name).toBe("job");
  });

  test.each(["", 7, undefined])("refuses %j as a name", async (name) => {
    const open = await place();
    await expect(findOrStartRun(open(), { name: name as string })).rejects.toThrow(ValidationError);
  });
});
