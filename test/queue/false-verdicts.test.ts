import { describe, expect, test } from "vitest";
import type { OracleCall, OracleFault } from "../support/oracle-server.ts";
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
    expect(uploads).toBeGreaterThan(10);
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

  const dataset = { name: "d", digest: "1", sourceType: "local", source: "d", schema: undefined, profile: undefined };
  const data = [{ dataset, tags: {} }];

  test("takes a server that has none of the paths for a wrong address, not for one that refuses a run", async () => {
    const it = harness();
    it.oracle.fault = () => ({ status: 404, errorCode: "ENDPOINT_NOT_FOUND" });
    const run = it.start("a");
    const points = logThree(it, run);
    it.queue.updateRun(run, { status: "FINISHED", endTime: 5 });
    const report = await it.runtime.clock.until(it.queue.flush({ timeout: 5_000 }));
    expect(report).toMatchObject({ parked: nothing, quarantined: nothing, pending: { points: 3, requests: 2 } });
    expect(it.queue.status().host).toBe("refused");
    expect(it.problems.map(({ kind }) => kind)).toEqual(["server-refused"]);
    expect(it.problems[0]?.message).toContain("Is trackingUri the address of an MLflow server? Nothing is lost");
    it.oracle.fault = () => undefined;
    it.queue.resume();
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing });
    expect([...it.oracle.named("a").points].sort()).toEqual(points);
  });

  test("waits for the address to be right again where none of the paths is there any more", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = () => ({ status: 404, errorCode: "ENDPOINT_NOT_FOUND" });
    logThree(it, run);
    it.queue.setTag(run, "k", "v");
    it.queue.logInputs(run, data);
    const report = await it.runtime.clock.until(it.queue.flush({ timeout: 60_000 }));
    expect(report).toMatchObject({ parked: nothing, quarantined: nothing, pending: { points: 3, requests: 2 } });
    expect(it.queue.status().host).toBe("refused");
  });

  test("sets only the inputs aside where the server has no path for them", async () => {
    const it = harness();
    const run = it.start("a");
    it.oracle.fault = ({ path }) =>
      path.endsWith("log-inputs") ? { status: 404, errorCode: "ENDPOINT_NOT_FOUND" } : undefined;
    const points = logThree(it, run);
    it.queue.logInputs(run, data);
    it.queue.updateRun(run, { status: "FINISHED", endTime: 5 });
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 0, requests: 1 } });
    expect([...it.oracle.named("a").points].sort()).toEqual(points);
    expect(it.oracle.named("a").status).toBe("FINISHED");
  });

  const unreadable = [
    { status: 400, errorCode: "INVALID_PARAMETER_VALUE" },
    { status: 403, errorCode: "PERMISSION_DENIED" },
    { status: 403 },
    { status: 404 },
    { status: 404, errorCode: "ENDPOINT_NOT_FOUND" },
    { status: 405 },
    { status: 500 },
    { status: 501 },
  ];
  test.each(unreadable)(
    "F13 sets only the refused key aside where nobody may read what the server has: %j",
    async (answer) => {
      const it = harness();
      const run = it.start("a");
      await it.runtime.clock.until(it.queue.flush());
      it.oracle.fault = ({ path, body }) => {
        if (path.includes("get-history")) return answer;
        return JSON.stringify(body).includes("odd") ? { status: 400, errorCode: "INVALID_PARAMETER_VALUE" } : undefined;
      };
      const points = logThree(it, run);
      it.queue.logMetric(run, "odd", 1, 1, 1);
      it.queue.updateRun(run, { status: "FINISHED" });
      const report = await it.runtime.clock.until(it.queue.flush());
      expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 1, requests: 0 } });
      expect(it.problems).toMatchObject([{ kind: "quarantined", key: "odd" }]);
      expect([...it.oracle.named("a").points].sort()).toEqual(points);
      expect(it.oracle.named("a").status).toBe("FINISHED");
      expect(it.queue.status().host).toBe("ok");
    },
  );

  test("F9 sets only the key aside that the server fails at, in a batch and when asked for it", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = ({ path, body }) => ((path + JSON.stringify(body)).includes("odd") ? { status: 500 } : undefined);
    const points = logThree(it, run);
    it.queue.logMetric(run, "odd", 1, 1, 1);
    it.queue.updateRun(run, { status: "FINISHED" });
    for (let step = 0; step < 6; step++) it.queue.logMetric(run, "more", step, step, step);
    const report = await it.runtime.clock.until(it.queue.flush(), 1e9);
    expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 1, requests: 0 } });
    expect([...it.oracle.named("a").points]).toEqual(expect.arrayContaining(points));
    expect(it.oracle.named("a").status).toBe("FINISHED");
  });

  test("F13 looks again when what the server has of a chunk is refused now and then in different ways, comes late, or as a login page", async () => {
    const it = harness({ delivery: { requestTimeout: 1_000 } });
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    const answers: OracleFault[] = [
      { status: 403 },
      { status: 404 },
      "html",
      { delay: 5_000 },
      { status: 403 },
      "html",
    ];
    let looks = 0;
    it.oracle.fault = ({ path }) => {
      if (path.includes("get-history")) return answers[looks++];
      return path.endsWith("log-batch") && looks < answers.length
        ? { status: 400, errorCode: "BAD_REQUEST" }
        : undefined;
    };
    it.queue.logMetric(run, "loss", 1.5, 1, 1);
    const report = await it.runtime.clock.until(it.queue.flush(), 1e8);
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing });
    expect([...it.oracle.named("a").points]).toEqual([row("loss", 1, 1, 1.5)]);
    expect(looks).toBeGreaterThan(5);
  });

  test("F13 looks as long as the network is away for what the server has of a chunk that it refused", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let looks = 0;
    it.oracle.fault = ({ path }) => {
      if (path.includes("get-history")) return looks++ < 20 ? (looks % 2 ? "drop-before" : { status: 503 }) : undefined;
      return path.endsWith("log-batch") && looks < 20 ? { status: 400, errorCode: "BAD_REQUEST" } : undefined;
    };
    const points = logThree(it, run);
    const report = await it.runtime.clock.until(it.queue.flush(), 1e8);
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing });
    expect([...it.oracle.named("a").points].sort()).toEqual(points);
    expect(looks).toBeGreaterThan(19);
  });
});

/** Lets a run log a point every five seconds. */
async function live(it: Harness, seconds: number): Promise<void> {
  for (let step = 0; step < seconds; step += 5) {
    it.queue.logMetric("local-live", "m", step, step, step);
    await it.runtime.clock.advance(5_000);
  }
}

describe("Queue in front of a server of which a part is away", () => {
  const ofParams = ({ body }: OracleCall): boolean => Array.isArray(body["params"]) && body["params"].length > 0;
  const parts: [string, (call: OracleCall) => boolean, OracleFault][] = [
    ["uploads are answered 502", ({ method }) => method === "PUT", { status: 502 }],
    ["uploads are answered 503", ({ method }) => method === "PUT", { status: 503 }],
    ["uploads are answered 500", ({ method }) => method === "PUT", { status: 500 }],
    ["uploads get no answer", ({ method }) => method === "PUT", "drop-before"],
    ["params are answered 503", ofParams, { status: 503 }],
  ];
  test.each(parts)("sets nothing aside while %s for a while and another run logs", async (_, away, fault) => {
    const it = harness();
    const runs = ["a", "b", "c"].map((name) => it.start(name));
    it.start("live");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = (call) => (away(call) ? fault : undefined);
    for (const run of runs) {
      it.queue.logParam(run, "lr", "1");
      void it.queue.logArtifact(run, "model.bin", new Blob(["12345"]));
      it.queue.updateRun(run, { status: "FINISHED" });
    }
    await live(it, 500);
    expect(runs.map((_, n) => it.oracle.named("abc"[n]!).status)).toEqual(["RUNNING", "RUNNING", "RUNNING"]);
    it.oracle.fault = () => undefined;
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing });
    for (const name of "abc") {
      const { artifacts, params, status } = it.oracle.named(name);
      expect([artifacts.get("model.bin")?.length, params.get("lr"), status]).toEqual([5, "1", "FINISHED"]);
    }
  });

  test("sets an upload aside that fails for minutes while others go through", async () => {
    const it = harness();
    const [a, b] = [it.start("a"), it.start("b")];
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = ({ path }) => (path.endsWith("odd.bin") ? { status: 500 } : undefined);
    void it.queue.logArtifact(a, "odd.bin", new Blob(["1"]));
    const upload = async (minutes: number): Promise<void> => {
      for (let minute = 0; minute < minutes; minute++) {
        void it.queue.logArtifact(b, `${minutes}-${minute}.bin`, new Blob(["2"]));
        await it.runtime.clock.advance(60_000);
      }
    };
    await upload(2);
    expect(it.queue.status().quarantined).toEqual(nothing);
    await upload(30);
    expect(it.queue.status()).toMatchObject({ quarantined: { requests: 1 }, waiting: nothing });
  });

  test("F9 sets a param aside that fails for minutes while nothing else is sent, and says that the host is well", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = ({ body }) => (JSON.stringify(body).includes("poison") ? { status: 500 } : undefined);
    it.queue.logParam(run, "p", "poison");
    it.queue.logParam(run, "q", "good");
    it.queue.updateRun(run, { status: "FINISHED" });
    await it.runtime.clock.advance(100_000);
    expect(it.queue.status()).toMatchObject({ host: "retrying", quarantined: nothing });
    await it.runtime.clock.advance(1_200_000);
    expect(it.queue.status()).toMatchObject({ host: "ok", quarantined: { requests: 1 }, waiting: nothing });
    expect(it.oracle.named("a")).toMatchObject({ status: "FINISHED", params: new Map([["q", "good"]]) });
  });

  test("F9 takes no point for poison while tags are all that goes through", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.fault = ({ body }) => ((body["metrics"] as unknown[] | undefined)?.length ? { status: 500 } : undefined);
    for (let step = 0; step < 8; step++) it.queue.logMetric(run, "m", step, step, step);
    await it.runtime.clock.advance(3 * 3_600_000);
    expect(it.queue.status()).toMatchObject({ quarantined: nothing, waiting: { points: 8 } });
    it.oracle.fault = () => undefined;
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing });
    expect([...it.oracle.named("a").tags.keys()]).toEqual(["mlflow.tracklet.runId"]);
  });
});
