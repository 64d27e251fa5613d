import { describe, expect, test } from "vitest";
import { type Harness, harness, row } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

/** Three points, and their rows on the server. */
function logThree({ queue }: Harness, run: string): string[] {
  for (let step = 0; step < 3; step++) queue.logMetric(run, "loss", step + 0.5, 100 + step, step);
  return [0, 1, 2].map((step) => row("loss", step, 100 + step, step + 0.5));
}

describe("Queue that is told the wrong thing", () => {
  test("sets aside no artifact for a network that is down for all, whatever went through before", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let uploads = 0;
    let down = false;
    it.oracle.fault = ({ method, path }) => {
      if (method !== "PUT" && !down) return path.endsWith("runs/create") ? { delay: 3_000 } : undefined;
      if (method === "PUT") uploads++;
      return "drop-before";
    };
    // Its creation is answered after the first try of the upload.
    const other = it.start("b");
    void it.queue.logArtifact(run, "weights.bin", new Blob(["12345"]));
    await it.runtime.clock.until(it.queue.runId(other));
    expect(uploads).toBeGreaterThan(0);
    down = true;
    await it.runtime.clock.advance(3_600_000);
    expect(uploads).toBeGreaterThan(11);
    it.oracle.fault = () => undefined;
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing });
    expect(it.oracle.named("a").artifacts.get("weights.bin")?.length).toBe(5);
  });

  test("sets aside no artifact for an upload and a look at it that fail in turn, while others go through", async () => {
    const it = harness();
    const run = it.start("a");
    const other = it.start("b");
    await it.runtime.clock.until(it.queue.flush());
    let asked = 0;
    it.oracle.fault = ({ method, path }) => {
      if (!path.includes("mlflow-artifacts") && !path.endsWith("artifacts/list")) return undefined;
      const fails = asked++ % 3 !== 1;
      return fails && asked < 60 ? { status: method === "PUT" ? 500 : 502 } : undefined;
    };
    void it.queue.logArtifact(run, "weights.bin", new Blob(["12345"]));
    for (let minute = 0; minute < 300; minute++) {
      it.queue.setTag(other, "minute", String(minute));
      await it.runtime.clock.advance(60_000);
    }
    expect(asked).toBeGreaterThanOrEqual(60);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing });
    expect(it.oracle.named("a").artifacts.get("weights.bin")?.length).toBe(5);
  });

  test("sets nothing aside for answers 400 that differ", async () => {
    const it = harness();
    const run = it.start("a");
    const codes = ["BAD_REQUEST", "INVALID_PARAMETER_VALUE", "BAD_REQUEST", "INVALID_PARAMETER_VALUE"];
    it.oracle.fault = ({ path }) => {
      const errorCode = path.endsWith("log-batch") ? codes.pop() : undefined;
      return errorCode === undefined ? undefined : { status: 400, errorCode };
    };
    it.queue.logParam(run, "p", "1");
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing });
    expect(codes).toEqual([]);
    expect(it.oracle.named("a").params.get("p")).toBe("1");
  });

  test("parks no run for a single 403 in plain text while it finds out what another refusal means", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let refused = 0;
    let denied = 0;
    it.oracle.fault = ({ path }) => {
      if (path.endsWith("log-batch") && refused++ < 3) return { status: 400, errorCode: "BAD_REQUEST" };
      return path.endsWith("runs/get") && denied++ === 0 ? { status: 403 } : undefined;
    };
    const points = logThree(it, run);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ parked: nothing, pending: nothing, quarantined: nothing });
    expect([...it.oracle.named("a").points].sort()).toEqual(points);
    expect(denied).toBeGreaterThan(0);
  });

  test("parks no run for three 403s in plain text of which one was given to another request", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    const denied = ["runs/get", "runs/get", "experiments/get"];
    let refused = 0;
    it.oracle.fault = ({ path }) => {
      if (path.endsWith("log-batch") && refused++ < 5) return { status: 400, errorCode: "BAD_REQUEST" };
      if (denied[0] === undefined || !path.endsWith(denied[0])) return undefined;
      denied.shift();
      return { status: 403 };
    };
    const points = logThree(it, run);
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ parked: nothing, pending: nothing, quarantined: nothing });
    expect([...it.oracle.named("a").points].sort()).toEqual(points);
    expect(denied).toEqual([]);
  });

  test("parks a run when it finds out again and again that nothing is told of it", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = ({ path }) => {
      if (path.endsWith("log-batch")) return { status: 400, errorCode: "BAD_REQUEST" };
      return path.endsWith("runs/get") ? { status: 403 } : undefined;
    };
    logThree(it, run);
    expect((await it.runtime.clock.until(it.queue.flush())).parked.points).toBe(3);
  });
});
