import { describe, expect, test } from "vitest";
import { harness } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

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
});
