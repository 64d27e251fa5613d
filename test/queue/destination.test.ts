import { describe, expect, test } from "vitest";
import { destinationText, isSameDestination, plainUri } from "../../src/queue/destination.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { TrackerOptions } from "../../src/tracker/types/tracker-options.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";

describe("plainUri()", () => {
  test.each([
    ["http://ada:secret@Lab.test:80/", "http://lab.test"],
    ["http://lab.test/mlflow//", "http://lab.test/mlflow"],
    ["https://lab.test/?token=secret#x", "https://lab.test"],
    ["sqlite:///some/file.db", "sqlite:///some/file.db"],
    ["no address", "no address"],
  ])("takes what is no part of the address off %s", (uri, plain) => expect(plainUri(uri)).toBe(plain));
});

describe("isSameDestination()", () => {
  test("tells servers, workspaces and partitions apart", () => {
    const uri = "http://lab.test";
    const all = [
      { uri },
      { uri: "http://other.test" },
      { uri, workspace: "a" },
      { uri, partition: "a" },
      { uri, workspace: "a", partition: "b" },
    ];
    for (const [n, one] of all.entries()) {
      for (const [m, other] of all.entries()) expect(isSameDestination(one, { ...other })).toBe(n === m);
    }
    expect(new Set(all.map(destinationText)).size).toBe(all.length);
  });
});

describe("a tracker over a queue of another one", () => {
  const bench = (): { runtime: ReturnType<typeof manualRuntime>; oracle: OracleServer } => {
    const runtime = manualRuntime({ seed: 1 });
    return { runtime, oracle: new OracleServer(runtime.clock) };
  };

  test.each<[string, TrackerOptions, string]>([
    ["server", { trackingUri: "http://other.test" }, "http://other.test"],
    ["user", { trackingUri: "http://lab.test", partition: "bea" }, 'http://lab.test (partition "bea")'],
    ["workspace", { trackingUri: "http://lab.test", workspace: "w" }, 'http://lab.test (workspace "w")'],
  ])(
    "F46 sends nothing to another %s, says why and what to do, and leaves it to the first one",
    async (_, second, name) => {
      const { runtime, oracle } = bench();
      const queue = { ...memoryQueue(), durable: true };
      const problems: string[] = [];
      const listen = { onProblem: ({ message }: { message: string }) => void problems.push(message) };
      const first: TrackerOptions = { trackingUri: "http://ada:secret@lab.test/", partition: "ada", queue, runtime };
      const ada = createTracker({ ...first, fetch: oracle.fetch, delivery: { mode: "manual" } });
      ada.startRun({ name: "of ada" }).logMetric("loss", 1);
      await runtime.clock.until(ada.flush({ until: "durable" }));
      await runtime.clock.until(ada.close());

      const other = new OracleServer(runtime.clock);
      const tracker = createTracker({ queue, runtime, fetch: other.fetch, ...listen, ...second });
      tracker.startRun({ name: "of bea" }).logMetric("loss", 2);
      const report = await runtime.clock.until(tracker.flush({ timeout: 5_000 }));
      expect(report.pending.points).toBe(1);
      expect(other.trace()).toEqual([]);
      const told = problems.filter((message) => message.includes("current value is"));
      expect(told).toEqual([
        expect.stringMatching(
          /^Cannot use the queue "memory" as it must be of .*: current value is .*; name another queue/,
        ),
      ]);
      expect(told[0]).toContain(`must be of ${name}`);
      expect(told[0]).toContain('current value is http://lab.test (partition "ada")');
      expect(JSON.stringify(problems)).not.toContain("secret");
      await runtime.clock.until(tracker.close());

      const again = createTracker({ ...first, fetch: oracle.fetch });
      await runtime.clock.until(again.flush());
      expect([...oracle.named("of ada").points]).toHaveLength(1);
      expect(oracle.trace().filter((call) => call === "runs/create")).toHaveLength(1);
      await runtime.clock.until(again.close());
    },
  );
});
