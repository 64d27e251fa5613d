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
});
