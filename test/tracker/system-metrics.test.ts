import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import type { SystemFigures } from "../../src/runtime/ports/system.ts";
import { systemMetrics } from "../../src/tracker/system-metrics.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { createTracker } from "../../src/index.ts";
import { testServer } from "../support/test-server.ts";

const GB = 1e9;

describe("systemMetrics()", () => {
  test("has MLflow's keys and units for all that a host tells", () => {
    const before: SystemFigures = { cpu: { busy: 100, total: 1000 }, network: { received: 1e6, sent: 2e6 } };
    const now: SystemFigures = {
      cpu: { busy: 350, total: 2000 },
      memory: { used: 4 * GB, total: 16 * GB },
      processMemory: 0.25 * GB,
      disk: { used: 30 * GB, available: 90 * GB },
      network: { received: 11e6, sent: 4.5e6 },
      gpus: [{ utilization: 55, memoryUsed: 2 * GB, memoryTotal: 8 * GB }, { utilization: 0 }],
    };
    expect(systemMetrics(before, now, 12.34)).toEqual({
      "system/cpu_utilization_percentage": 25,
      "system/system_memory_usage_megabytes": 4000,
      "system/system_memory_usage_percentage": 25,
      "system/disk_usage_megabytes": 30_000,
      "system/disk_usage_percentage": 25,
      "system/disk_available_megabytes": 90_000,
      "system/network_receive_megabytes": 10,
      "system/network_transmit_megabytes": 2.5,
      "system/process_memory_usage_megabytes": 250,
      "system/event_loop_lag_milliseconds": 12.3,
      "system/gpu_0_utilization_percentage": 55,
      "system/gpu_0_memory_usage_megabytes": 2000,
      "system/gpu_0_memory_usage_percentage": 25,
      "system/gpu_1_utilization_percentage": 0,
    });
  });

  test("leaves out what the host does not tell, and what would be no number", () => {
    const still = { busy: 5, total: 5 };
    expect(systemMetrics({ cpu: still }, { cpu: still, network: { received: 1, sent: 1 } }, -3)).toEqual({
      "system/event_loop_lag_milliseconds": 0,
    });
  });
});

async function place(figures: () => Promise<SystemFigures>, variables: Record<string, string> = {}) {
  const server = await testServer();
  const runtime = manualRuntime();
  const environment = { ...runtime.environment, get: (name: string) => variables[name] };
  const tracker = createTracker({
    trackingUri: server.trackingUri,
    fetch: server.fetch,
    runtime: { ...runtime, environment, system: { figures } },
    onProblem: () => {},
  });
  return { tracker, clock: runtime.clock, close: () => server.close() };
}

describe("startRun()", () => {
  test("logs what the host tells at each interval until the run ends, with steps from 0", async () => {
    let busy = 0;
    const { tracker, clock, close } = await place(async () => {
      busy += 5;
      return { cpu: { busy, total: busy * 2 } };
    });
    const run = tracker.startRun({ systemMetrics: { interval: 1000 } });
    await clock.until(run.runId());
    await clock.advance(3600);
    await clock.until(run.end("FINISHED", { until: "delivered" }));
    await clock.advance(5000);
    const history = await clock.until(tracker.getMetricHistory(run.localId, "system/cpu_utilization_percentage"));
    expect(history.map(({ step, value }) => [step, value])).toEqual([
      [0, 50],
      [1, 50],
      [2, 50],
    ]);
    await clock.until(tracker.close());
    close();
  });

  test("asks the host for nothing unless it is told to, by option or by MLflow's variable", async () => {
    let asked = 0;
    const figures = async (): Promise<SystemFigures> => {
      asked++;
      throw new Error("no such file");
    };
    const { tracker, clock, close } = await place(figures);
    tracker.startRun();
    await clock.advance(15_000);
    expect(asked).toBe(0);
    await clock.until(tracker.close());
    const told = await place(figures, {
      MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING: "true",
      MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL: "1",
    });
    const run = told.tracker.startRun();
    await told.clock.until(run.runId());
    await told.clock.advance(1600);
    expect(asked).toBe(2);
    await told.clock.until(told.tracker.close());
    close();
    told.close();
  });

  test.each([[{ interval: 10 }], [{ interval: "1" }], [{}]])("refuses systemMetrics %j", async (systemMetrics) => {
    const { tracker, clock, close } = await place(async () => ({}));
    expect(() => tracker.startRun({ systemMetrics: systemMetrics as never })).toThrow(ValidationError);
    await clock.until(tracker.close());
    close();
  });
});
