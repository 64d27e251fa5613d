import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import type { Problem } from "../../src/queue/types.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { TrackerOptions } from "../../src/tracker/types/tracker-options.ts";
import { manualRuntime } from "../support/manual-runtime.ts";

const address = "http://mlflow.test";

describe("createTracker()", () => {
  test("without an address names the import line of openTracker", () => {
    expect(() => createTracker({ runtime: manualRuntime() })).toThrow(ConfigurationError);
    expect(() => createTracker({ runtime: manualRuntime() })).toThrow('import { openTracker } from "tracklet/local"');
    expect(() => createTracker({ trackingUri: "databricks", runtime: manualRuntime() })).toThrow("https address");
  });

  test("does no I/O, starts no timer, and listens to nothing", async () => {
    let requests = 0;
    const runtime = manualRuntime({
      fetch: async () => {
        requests++;
        return new Response();
      },
    });
    createTracker({ trackingUri: address, runtime });
    await Promise.resolve();
    expect(requests).toBe(0);
    expect(runtime.clock.pending).toBe(0);
    expect(runtime.lifecycle.listeners).toBe(0);
  });

  const inPage = (options: TrackerOptions): Problem["kind"][] => {
    const kinds: Problem["kind"][] = [];
    const runtime = manualRuntime({ name: "browser" });
    createTracker({ trackingUri: address, runtime, onProblem: (problem) => kinds.push(problem.kind), ...options });
    return kinds;
  };

  test("warns of credentials in a web page, and of a queue in memory, once", () => {
    expect(inPage({ auth: { token: "t" } })).toEqual(["token-in-page", "memory-queue"]);
    expect(inPage({ auth: () => ({ authorization: "Bearer x" }) })).toEqual(["memory-queue"]);
    const kinds: string[] = [];
    const runtime = manualRuntime();
    createTracker({
      trackingUri: address,
      runtime,
      auth: { token: "t" },
      onProblem: (problem) => kinds.push(problem.kind),
    });
    expect(kinds).toEqual([]);
  });

  test("shows its address and never its credentials", () => {
    const tracker = createTracker({ trackingUri: address, auth: { token: "hunter2" }, runtime: manualRuntime() });
    for (const value of [tracker, tracker.connection]) {
      const shown = (value as unknown as Record<symbol, () => string>)[Symbol.for("Deno.customInspect")]?.() ?? "";
      expect(shown).toContain(address);
      expect(shown).not.toContain("hunter2");
      expect(JSON.stringify({ value })).not.toContain("hunter2");
    }
    expect(JSON.parse(JSON.stringify(tracker.connection))).toEqual({ trackingUri: address });
    expect(tracker.connection.auth).toEqual({ token: "hunter2" });
  });

  test("calls an object's fetch as its method", async () => {
    const binding = {
      seen: [] as string[],
      async fetch(request: Request): Promise<Response> {
        this.seen.push(request.url);
        return Response.json({ run: {} });
      },
    };
    const runtime = manualRuntime();
    const tracker = createTracker({ trackingUri: address, fetch: binding, runtime });
    const read = tracker.getRun("0".repeat(32), { freshness: 0 });
    await expect(runtime.clock.until(read)).rejects.toThrow("must be MLflow's JSON");
    expect(binding.seen[0]).toContain(`${address}/api/2.0/mlflow/runs/get`);
  });

  test("asks an edge function's host to wait for the delivery, as a function or a context", async () => {
    const waited: Promise<unknown>[] = [];
    const context = { waitUntil: (promise: Promise<unknown>) => void waited.push(promise) };
    for (const waitUntil of [context, context.waitUntil]) {
      const tracker = createTracker({ trackingUri: address, waitUntil, runtime: manualRuntime(), onProblem: () => {} });
      void tracker.startRun().end();
    }
    expect(waited).toHaveLength(2);
  });
});
