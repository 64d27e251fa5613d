import { describe, expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { type Harness, harness } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

/** A queue before a server of which `what` is answered by a replica that has not heard of anything for `lag` ms. */
function behind(what: string, lag: number, reply: () => Response): Harness {
  const runtime = manualRuntime();
  const oracle = new OracleServer(runtime.clock);
  const { fetch } = oracle;
  let until: number | undefined;
  const lagging = (request: Request): Promise<Response> => {
    if (!request.url.includes(what)) return fetch(request);
    until ??= runtime.clock.monotonic() + lag;
    return runtime.clock.monotonic() < until ? Promise.resolve(reply()) : fetch(request);
  };
  return harness({ runtime, oracle: Object.assign(oracle, { fetch: lagging }) });
}

describe("Queue against a server with replicas", () => {
  test("does not park a run that a replica has not heard of yet", async () => {
    const missing = { error_code: "RESOURCE_DOES_NOT_EXIST", message: "no such run" };
    const it = behind("runs/get", 4_000, () => Response.json(missing, { status: 404 }));
    const run = it.start("a");
    it.queue.logMetric(run, "bad!", 1, 1, 1);
    it.queue.logMetric(run, "loss", 1, 1, 1);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({
      parked: nothing,
      pending: nothing,
      delivered: { points: 1 },
      quarantined: { points: 1 },
    });
    expect(it.problems.map(({ kind }) => kind)).toEqual(["quarantined"]);
  });

  test("parks a run that was deleted although a replica says that it is active, and quarantines nothing", async () => {
    const it = behind("runs/get", 4_000, () => {
      const info = { run_id: there!.id, experiment_id: experiment!.id, status: "RUNNING", lifecycle_stage: "active" };
      return Response.json({ run: { info, data: { tags: [{ key: "mlflow.tracklet.runId", value: run }] } } });
    });
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    const [there] = it.oracle.runs.values();
    const [experiment] = it.oracle.experiments.values();
    there!.deleted = true;
    // The time of the replica begins when somebody looks.
    await it.oracle.fetch(new Request(`http://mlflow.test/api/2.0/mlflow/runs/get?run_id=${there!.id}`));
    it.queue.logParam(run, "p", "1");
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ parked: { requests: 1 }, pending: nothing, quarantined: nothing });
    there!.deleted = false;
    it.queue.resume();
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ parked: nothing, pending: nothing });
    expect(there!.params.get("p")).toBe("1");
  });

  test("takes a repeated NaN for delivered that a replica does not show yet", async () => {
    const it = behind("metrics/get-history", 4_000, () => Response.json({}));
    it.oracle.acts = "2.22";
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let lost = 0;
    it.oracle.fault = ({ path }) => (path.endsWith("log-batch") && lost++ === 0 ? "drop-after" : undefined);
    it.queue.logMetric(run, "loss", Number.NaN, 1, 1);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ parked: nothing, pending: nothing, delivered: { points: 1 }, quarantined: nothing });
  });

  const answers = [
    { status: 404, text: "<h1>404 Not Found</h1>" },
    { status: 404, errorCode: "RESOURCE_DOES_NOT_EXIST" },
  ];
  test.each(answers)(
    "sets a late tag right although a proxy, or a replica, answers the first look with %j",
    async (no) => {
      const it = harness();
      const run = it.start("a");
      await it.runtime.clock.until(it.queue.flush());
      let [late, looks] = [1, 0];
      it.oracle.fault = ({ path }) => {
        if (path.endsWith("log-batch") && late-- > 0) return { late: 2_000 };
        return path.endsWith("runs/get") && looks++ === 0 ? no : undefined;
      };
      it.queue.setTag(run, "k", "old");
      await it.runtime.clock.advance(1_000);
      it.queue.setTag(run, "k", "new");
      await it.runtime.clock.advance(5_000);
      expect(it.oracle.named("a").tags.get("k")).toBe("old");
      await it.runtime.clock.advance(300_000);
      expect(looks).toBeGreaterThan(1);
      expect(it.oracle.named("a").tags.get("k")).toBe("new");
    },
  );

  test("deletes the empty twin of a run that a replica has not heard of at the first look", async () => {
    const it = harness();
    let [late, looks] = [1, 0];
    it.oracle.fault = ({ path }) => {
      if (path.endsWith("runs/create") && late-- > 0) return { late: 20_000 };
      return path.endsWith("runs/get") && looks++ === 0
        ? { status: 404, errorCode: "RESOURCE_DOES_NOT_EXIST" }
        : undefined;
    };
    it.start("a");
    await it.runtime.clock.advance(300_000);
    expect(looks).toBeGreaterThan(1);
    expect([...it.oracle.runs.values()].map(({ deleted }) => deleted).sort()).toEqual([false, true]);
  });
});
