import { beforeAll, describe, expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { mockBench } from "./mock-bench.ts";
import { expectAllDelivered } from "./workload.ts";

// Loads in real time, which the clock of these tests does not know.
beforeAll(() => import("../../src/client/network-failure.ts"));

describe("a page whose origin the server does not allow", () => {
  test("F44 says which origin to allow and keeps all, and delivers it when the server allows it", async () => {
    let allowed = false;
    const environment = { ...manualRuntime().environment, entry: () => "https://lab.example/train.html" };
    const runtime = { ...manualRuntime({ name: "browser" }), environment };
    const { tracker, flush, reader, problems } = await mockBench({
      manual: runtime,
      // As a browser does: the preflight fails, and a request that may not be read goes through.
      between: (request) => {
        if (allowed) return undefined;
        if (request.mode === "no-cors") return new Response(null);
        throw new TypeError("Failed to fetch");
      },
    });
    const run = tracker.startRun();
    for (let step = 0; step < 10; step++) run.logMetric("loss", step);
    expect((await flush()).pending).toEqual({ points: 10, requests: 1 });
    expect(tracker.queue.status().host).toBe("refused");
    expect(problems.filter(({ kind }) => kind !== "memory-queue")).toMatchObject([
      {
        kind: "server-refused",
        message: expect.stringContaining("start it with --cors-allowed-origins https://lab.example"),
      },
    ]);
    allowed = true;
    tracker.queue.resume();
    expectAllDelivered(await flush());
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(10);
  });

  test("F44 takes no answer at all for an unreachable server, and tries again by itself", async () => {
    let reachable = false;
    const environment = { ...manualRuntime().environment, entry: () => "https://lab.example/train.html" };
    const runtime = { ...manualRuntime({ name: "browser" }), environment };
    const { tracker, flush, reader, problems } = await mockBench({
      manual: runtime,
      between: () => {
        if (reachable) return undefined;
        throw new TypeError("Failed to fetch");
      },
    });
    const run = tracker.startRun();
    run.logMetric("loss", 1);
    await runtime.clock.advance(30_000);
    expect(tracker.queue.status().host).toBe("retrying");
    expect(problems.at(-1)).toMatchObject({
      kind: "server-unreachable",
      message: expect.stringContaining("is the server running"),
    });
    reachable = true;
    expectAllDelivered(await flush());
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
  });
});
