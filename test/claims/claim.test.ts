import { describe, expect, test } from "vitest";
import { claim, claimRun, ClaimLostError, committed, type HeldClaim } from "../../src/claims/index.ts";
import { createClient } from "../../src/client/index.ts";
import { ConfigurationError, ValidationError } from "../../src/errors/index.ts";
import { claimPlaces } from "./claim-places.ts";

const { place, held, opened } = claimPlaces();

describe("claim()", () => {
  test("lets one of many at once have a name, each name for itself", async () => {
    const { open } = await place();
    const trackers = Array.from({ length: 6 }, open);
    const names = ["a", "b / with = signs 🚀", "a ".repeat(200)];
    for (const name of names) {
      const results = await Promise.all(trackers.map((tracker) => claim(tracker, name)));
      expect(results.map((result) => result.state).sort()).toEqual(["busy", "busy", "busy", "busy", "busy", "held"]);
      for (const result of results) if (result.state === "held") await result.release();
    }
  });

  test("gives what was committed, and reads it without claiming", async () => {
    const { open } = await place();
    const [one, two] = [open(), open()];
    expect(await committed(two, "job")).toBeUndefined();
    const mine = await held(claim(one, "job"));
    expect(await committed(two, "job")).toBeUndefined();
    const run = mine.startAttempt({ name: "attempt", params: { lr: 0.1 }, tags: { mine: "1" } });
    run.logMetric("loss", 0.5);
    const result = await mine.commit(run);
    expect(result).toEqual({ state: "committed", generation: 1, runId: await run.runId() });
    expect(await claim(two, "job")).toEqual(result);
    expect(await committed(two, "job")).toEqual(result);
    const { info, data } = await two.getRun(result.runId);
    expect(info.status).toBe("FINISHED");
    expect(data.metrics).toEqual({ loss: 0.5 });
    expect(data.tags).toMatchObject({
      mine: "1",
      "mlflow.tracklet.claimedOn": mine.lockRunId,
      "mlflow.tracklet.generation": "1",
    });
    const lock = await two.getRun(mine.lockRunId);
    expect(Object.keys(lock.data.tags).filter((key) => key.includes(".beat."))).toEqual([]);
  });

  test("is free at once when it was released, by dispose too", async () => {
    const { open } = await place();
    const [one, two] = [open(), open()];
    {
      await using mine = await held(claim(one, "job"));
      expect(mine.generation).toBe(1);
      expect(await claim(two, "job")).toEqual({ state: "busy", generation: 1 });
    }
    const next = await held(claim(two, "job"));
    expect(next.generation).toBe(2);
    expect(await claim(one, "job")).toEqual({ state: "busy", generation: 2 });
  });

  test("waits until it is released, when asked to", async () => {
    const { open } = await place();
    const mine = await held(claim(open(), "job", { lease: 1000 }));
    const waiting = held(claim(open(), "job", { lease: 1000, wait: true }));
    await mine.release();
    expect((await waiting).generation).toBe(2);
  });

  test("ends its waiting when the signal aborts", async () => {
    const { open } = await place();
    await held(claim(open(), "job"));
    const controller = new AbortController();
    const waiting = claim(open(), "job", { wait: true, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  test("is taken up again by its token, as long as nobody has followed", async () => {
    const { open } = await place();
    const tokens: string[] = [];
    const persist = (token: string): void => void tokens.push(token);
    await held(claim(open(), "job", { persist }));
    const again = await held(claim(open(), "job", { token: tokens[0] as string }));
    expect(again.generation).toBe(1);
    await again.release();
    const next = await claim(open(), "job", { token: tokens[0] as string, persist });
    expect(next).toMatchObject({ state: "held", generation: 2 });
    expect(tokens).toHaveLength(2);
    expect(tokens[0]).not.toBe(tokens[1]);
    opened.push(() => (next as HeldClaim).release());
  });

  test("sends nothing before persist() has kept the token", async () => {
    const { open, server } = await place();
    const tracker = open();
    await expect(
      claim(tracker, "job", {
        persist: () => {
          throw new Error("disk full");
        },
      }),
    ).rejects.toThrow("disk full");
    expect((await held(claim(open(), "job"))).generation).toBe(1);
    expect(server.trackingUri).toBe(tracker.connection.trackingUri);
  });

  test("wins once where every third answer to a write is lost", async () => {
    let count = 0;
    const { open } = await place((fetch) => async (request) => {
      const reply = await fetch(request);
      if (/log-parameter|set-tag/.test(request.url) && ++count % 3 === 0) throw new TypeError("connection reset");
      return reply;
    });
    const trackers = Array.from({ length: 4 }, open);
    const results = await Promise.all(
      trackers.map(async (tracker) => {
        const result = await claim(tracker, "job", { wait: true, lease: 6000 });
        if (result.state !== "held") return result;
        return result.commit(result.startAttempt());
      }),
    );
    expect(new Set(results.map((result) => ("runId" in result ? result.runId : result.state))).size).toBe(1);
  });

  test.each([
    ["", undefined],
    [7 as never, undefined],
    ["x".repeat(501), undefined],
    ["job", { lease: 10 }],
    ["job", { lease: Number.NaN }],
    ["job", { wait: -1 }],
    ["job", { timeout: 0 }],
    ["job", { token: "1.secret" }],
  ])("refuses %s with %s, and asks nothing", async (name, options) => {
    let asked = 0;
    const { open } = await place((fetch) => (request) => {
      asked++;
      return fetch(request);
    });
    const failed = claim(open(), name, options);
    await expect(failed).rejects.toThrow(ValidationError);
    await expect(failed).rejects.toThrow(/^Cannot (claim|take up a claim) as /);
    await expect(failed).rejects.not.toThrow("secret");
    expect(asked).toBe(0);
  });

  test("says how to restore the experiment of the locks when somebody deleted it", async () => {
    const { open } = await place();
    const tracker = open();
    await held(claim(tracker, "job"));
    const { experiments } = createClient(tracker);
    const { experimentId } = (await experiments.getByName("tracklet locks")) ?? {};
    await experiments.delete(experimentId as string);
    await expect(claim(open(), "other")).rejects.toThrow(ConfigurationError);
    await expect(claim(open(), "other")).rejects.toThrow(`experiments.restore("${experimentId}")`);
  });

  test("makes no more lock runs, and says what to restore, when the experiment of the first one is deleted", async () => {
    const { open } = await place();
    const tracker = open();
    await (await held(claim(tracker, "a"))).release();
    const { experiments, runs } = createClient(tracker);
    const { experimentId } = (await experiments.getByName("tracklet locks")) as { experimentId: string };
    const locks = async (): Promise<number> => (await runs.search({ experimentIds: [experimentId] }).all()).length;
    const before = await locks();
    await experiments.delete("0");
    for (const name of ["b", "c"]) {
      const failed = claim(open(), name);
      await expect(failed).rejects.toThrow(ConfigurationError);
      await expect(failed).rejects.toThrow(
        /^Cannot claim as the lock run "\w+" must be active, and its experiment "Default"/,
      );
      await expect(failed).rejects.toThrow('experiments.restore("0")');
    }
    expect(await locks()).toBe(before);
    // Where the lock run is known, nothing is lacking.
    await (await held(claim(open(), "a"))).release();
    await experiments.restore("0");
    await (await held(claim(open(), "b"))).release();
  });

  test("says how to restore the lock run of a name when somebody deleted it", async () => {
    const { open } = await place();
    const tracker = open();
    const mine = await held(claim(tracker, "job"));
    await mine.release();
    const { runs } = createClient(tracker);
    await runs.delete(mine.lockRunId);
    const failed = claim(open(), "job");
    await expect(failed).rejects.toThrow(ConfigurationError);
    await expect(failed).rejects.toThrow(`runs.restore("${mine.lockRunId}")`);
  });

  test("refuses a server that keeps runs in files", async () => {
    const { open } = await place(
      (fetch) => async (request) =>
        request.url.endsWith("/server-info") ? Response.json({ store_type: "FileStore" }) : fetch(request),
    );
    await expect(claim(open(), "job")).rejects.toThrow('current value is "FileStore"');
  });
});

describe("claim() and claimRun() on MLflow 2, which does not tell its store,", () => {
  /** The same server as MLflow 2 shows it, with ids of experiments as its file store makes them up, or as they are. */
  const older = (id?: string) =>
    place((fetch) => async (request) => {
      if (request.url.endsWith("/server-info")) return new Response("Not Found", { status: 404 });
      const reply = await fetch(request);
      if (id === undefined || !request.url.includes("runs/get")) return reply;
      return new Response((await reply.text()).replace(/"experiment_id":\s*"\d+"/g, `"experiment_id":"${id}"`), reply);
    });

  test("refuse a store of files by the ids of its experiments", async () => {
    const { open } = await older("741892736459821734");
    const tracker = open();
    const runId = await tracker.startRun().runId();
    for (const asked of [() => claim(tracker, "job"), () => claimRun(tracker, runId)]) {
      const failed = asked();
      await expect(failed).rejects.toThrow(ConfigurationError);
      await expect(failed).rejects.toThrow("must be a database");
      await expect(failed).rejects.toThrow("741892736459821734");
    }
  });

  test("take a database", async () => {
    const { open } = await older();
    const tracker = open();
    await held(claim(tracker, "job"));
    await held(claimRun(tracker, await tracker.startRun().runId()));
  });
});

describe("HeldClaim", () => {
  test("is lost when its run is deleted, and tells its attempts", async () => {
    const { open } = await place();
    const tracker = open();
    const mine = await held(claim(tracker, "job", { lease: 1000 }));
    const attempt = mine.startAttempt();
    const aborted = new Promise((resolve) => mine.signal.addEventListener("abort", resolve));
    await createClient(tracker).runs.delete(mine.lockRunId);
    await aborted;
    expect(mine.signal.reason).toBeInstanceOf(ClaimLostError);
    expect(attempt.signal.aborted).toBe(true);
    await expect(mine.commit(attempt)).rejects.toThrow(ClaimLostError);
  });

  test("commits the same attempt again, and no other", async () => {
    const { open } = await place();
    const mine = await held(claim(open(), "job"));
    const [one, two] = [mine.startAttempt(), mine.startAttempt()];
    const result = await mine.commit(one);
    await expect(mine.commit(two)).rejects.toThrow("as this claim has ended");
    await mine.release();
    expect(await committed(open(), "job")).toEqual(result);
  });

  test("starts no attempt after it was given back or committed", async () => {
    const { open } = await place();
    const tracker = open();
    const mine = await held(claim(tracker, "job"));
    const released = mine.release();
    const start = (): unknown => mine.startAttempt({ name: "late" });
    expect(start).toThrow(ClaimLostError);
    await released;
    expect(start).toThrow('Cannot start an attempt of "job" as this claim has ended');
    const next = await held(claim(tracker, "job"));
    await next.commit(next.startAttempt());
    expect(() => next.startAttempt()).toThrow("as this claim has ended");
    expect((await tracker.searchRuns()).filter((row) => row.name === "late")).toHaveLength(0);
  });

  test("is not lost when a beat sees its own commit before the answer to it has come", async () => {
    let isCommitted = (): void => {};
    const commit = new Promise<void>((resolve) => {
      isCommitted = resolve;
    });
    let looks = 0;
    const { open } = await place((fetch) => async (request) => {
      const url = request.url;
      const body = url.includes("log-parameter") ? await request.clone().text() : "";
      const reply = await fetch(request);
      // Its answer waits until two beats have looked at the lock run.
      if (body.includes(".commit.")) {
        looks = 1;
        await commit;
      } else if (looks > 0 && url.includes("runs/get") && ++looks > 2) isCommitted();
      return reply;
    });
    const mine = await held(claim(open(), "job", { lease: 1000 }));
    mine.signal.addEventListener("abort", isCommitted);
    const { generation } = await mine.commit(mine.startAttempt());
    expect(generation).toBe(1);
    expect(mine.signal.aborted).toBe(false);
  });

  test("does not commit what a generation after it has committed", async () => {
    const { open } = await place();
    const tracker = open();
    const mine = await held(claim(tracker, "job"));
    const { runs } = createClient(tracker);
    const lock = await tracker.getRun(mine.lockRunId);
    const key = Object.keys(lock.data.params).find((name) => name.includes(".claim.")) as string;
    const other = await runs.create({ experimentId: lock.info.experimentId });
    await runs.logParam(mine.lockRunId, key.replace(/1$/, "2"), "b".repeat(32));
    await runs.logParam(mine.lockRunId, key.replace(".claim.", ".attempt.").replace(/1$/, "2"), other.info.runId);
    await runs.logParam(mine.lockRunId, key.replace(".claim.", ".commit.").replace(/\.1$/, ""), "2");
    await expect(mine.commit(mine.startAttempt())).rejects.toThrow("generation 2 was committed first");
  });
});

describe("claimRun()", () => {
  test("puts the claim on the run itself", async () => {
    const { open } = await place();
    const tracker = open();
    const run = tracker.startRun({ name: "pipeline" });
    const runId = await run.runId();
    const mine = await held(claimRun(tracker, runId));
    expect(mine.lockRunId).toBe(runId);
    expect(await claimRun(open(), runId)).toEqual({ state: "busy", generation: 1 });
    await mine.commit(mine.startAttempt());
    expect((await claimRun(open(), runId)).state).toBe("committed");
    expect((await tracker.getRun(runId)).data.params).toMatchObject({ "mlflow.tracklet.commit": "1" });
  });

  test("refuses a run that does not exist, and one that is deleted", async () => {
    const { open } = await place();
    const tracker = open();
    await expect(claimRun(tracker, "0".repeat(32))).rejects.toMatchObject({ status: 404 });
    const runId = await tracker.startRun().runId();
    await createClient(tracker).runs.delete(runId);
    await expect(claimRun(tracker, runId)).rejects.toMatchObject({ status: 400 });
  });
});
