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

/** A queue of which the first request that has one of these texts comes 40 s late. */
function withLate(...texts: readonly string[]): Harness {
  const runtime = manualRuntime({ seed: 1 });
  const oracle = new OracleServer(runtime.clock);
  const late = new Set<string>();
  const fetch = async (request: Request): Promise<Response> => {
    if (!request.url.endsWith("runs/update")) return oracle.fetch(request);
    const { url, headers } = request;
    const body = await request.text();
    const copy = (): Request => new Request(url, { method: "POST", headers, body });
    const text = texts.find((each) => body.includes(each) && !late.has(each));
    if (text === undefined) return oracle.fetch(copy());
    late.add(text);
    runtime.clock.after(40_000, () => void oracle.fetch(copy()));
    throw new TypeError("fetch failed");
  };
  return harness({ runtime, oracle, fetch });
}

test.each([
  ["a name that was set aside", ['"RUNNING"']],
  ["a name that was set aside, and may come late,", ['"RUNNING"', '"refused"']],
])("F45 the end of a run is set right, and %s keeps it from nothing", async (_, texts) => {
  const { queue, oracle, runtime, start } = withLate(...texts);
  oracle.fault = ({ body }) => (body["run_name"] === "refused" ? refusal : undefined);
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
});

test("F45 the end of a run is set right, and a name that the server refuses by then is told and keeps it from nothing", async () => {
  const { queue, oracle, runtime, start, problems } = withLate('"first"', '"RUNNING"');
  const run = start("a");
  for (const name of ["first", "last"]) queue.updateRun(run, { name });
  queue.updateRun(run, { status: "RUNNING" });
  queue.updateRun(run, { status: "FINISHED", endTime: 5 });
  await runtime.clock.until(queue.flush());
  expect(oracle.named("last").status).toBe("FINISHED");
  oracle.fault = ({ body }) => (body["run_name"] === "last" ? refusal : undefined);
  await runtime.clock.advance(45_000);
  expect(oracle.named("first").status).toBe("RUNNING");
  await runtime.clock.advance(900_000);
  expect(oracle.named("first").status).toBe("FINISHED");
  const told = problems.filter(({ kind }) => kind === "server-refused");
  expect(told).toMatchObject([{ run, message: expect.stringContaining("last state") as string }]);
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
