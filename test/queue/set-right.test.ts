import { expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { type Harness, harness } from "./harness.ts";

const refusal = { status: 400, errorCode: "INVALID_PARAMETER_VALUE" };

/** Ends a run whose answer is lost, and waits until nothing is in doubt. */
async function endUnheard({ queue, oracle, runtime }: Harness, run: string): Promise<void> {
  let left = 1;
  oracle.fault = ({ path }) => (path.endsWith("runs/update") && left-- > 0 ? "drop-after" : undefined);
  queue.updateRun(run, { status: "FINISHED", endTime: 5 });
  await runtime.clock.until(queue.flush());
  await runtime.clock.advance(600_000);
  expect(left).toBeLessThan(0);
}

/** Name and status of all runs on the server. */
function onServer({ oracle }: Harness): (readonly [string, string])[] {
  return [...oracle.runs.values()].map(({ name, status }) => [name, status]);
}

test("F45 the end of a run is set right, and a name that the server refuses keeps it from nothing", async () => {
  const runtime = manualRuntime({ seed: 1 });
  const oracle = new OracleServer(runtime.clock);
  oracle.fault = ({ body, path }) =>
    path.endsWith("runs/update") && body["run_name"] === "refused" ? refusal : undefined;
  const late = new Set<string>();
  const fetch = async (request: Request): Promise<Response> => {
    if (!request.url.endsWith("runs/update")) return oracle.fetch(request);
    const { url, headers } = request;
    const body = await request.text();
    const copy = (): Request => new Request(url, { method: "POST", headers, body });
    const what = ["RUNNING", "refused"].find((word) => body.includes(word) && !late.has(word));
    if (what === undefined) return oracle.fetch(copy());
    late.add(what);
    runtime.clock.after(40_000, () => void oracle.fetch(copy()));
    throw new TypeError("fetch failed");
  };
  const { queue, start, problems } = harness({ runtime, oracle, fetch });
  const run = start("a");
  queue.updateRun(run, { name: "refused" });
  await runtime.clock.until(queue.flush());
  expect(queue.status().quarantined.requests).toBe(1);
  queue.updateRun(run, { status: "RUNNING" });
  queue.updateRun(run, { status: "FINISHED", endTime: 5 });
  await runtime.clock.until(queue.flush());
  expect(oracle.named("a").status).toBe("FINISHED");
  await runtime.clock.advance(45_000);
  expect(oracle.named("a").status).toBe("RUNNING");
  await runtime.clock.advance(900_000);
  expect(oracle.named("a")).toMatchObject({ status: "FINISHED", endTime: 5 });
  // Of its name, which may be overwritten as well, it is told that it is not as it shall be.
  expect(problems.map(({ kind }) => kind)).toEqual(["server-unreachable", "quarantined", "server-refused"]);
});

test("F45 a person's rename in MLflow stays when only the answer to the end of the run was lost", async () => {
  const it = harness();
  const run = it.start("a");
  it.queue.updateRun(run, { name: "first name" });
  await it.runtime.clock.until(it.queue.flush());
  await it.runtime.clock.advance(600_000);
  it.oracle.named("first name").name = "renamed in MLflow";
  await endUnheard(it, run);
  expect(onServer(it)).toEqual([["renamed in MLflow", "FINISHED"]]);
});
