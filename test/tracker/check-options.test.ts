import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { checkOptions } from "../../src/tracker/check-options.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { TrackerOptions } from "../../src/tracker/types/tracker-options.ts";
import { manualRuntime } from "../support/manual-runtime.ts";

const given = (options: object): TrackerOptions =>
  ({ trackingUri: "http://mlflow.test", runtime: manualRuntime(), ...options }) as TrackerOptions;

describe("createTracker() refuses at once", () => {
  test.each<[object, string]>([
    [
      { delivery: { batchSize: "many" } },
      'delivery.batchSize as it must be a number from 1 to 1000: current value is "many"',
    ],
    [{ delivery: { batchSize: 0 } }, "delivery.batchSize as it must be a number from 1 to 1000: current value is 0"],
    [{ delivery: { batchSize: 5000 } }, "current value is 5000"],
    [{ delivery: { batchSize: Number.NaN } }, "current value is NaN"],
    [{ delivery: { concurrency: 99 } }, "delivery.concurrency as it must be a number from 1 to 6: current value is 99"],
    [{ delivery: { concurrency: 0 } }, "current value is 0"],
    [{ delivery: { maxMemoryBytes: 0 } }, "delivery.maxMemoryBytes as it must be a number from 1: current value is 0"],
    [{ delivery: { maxStoredBytes: 0 } }, "delivery.maxStoredBytes"],
    [{ delivery: { requestTimeout: 0 } }, "delivery.requestTimeout as it must be a number from 1: current value is 0"],
    [{ delivery: { flushInterval: -1 } }, "delivery.flushInterval as it must be a number from 0: current value is -1"],
    [{ delivery: { exitTimeout: "1 s" } }, "delivery.exitTimeout"],
    [{ delivery: { mode: "x" } }, 'delivery.mode as it must be "auto" or "manual": current value is "x"'],
    [{ delivery: { whenFull: "x" } }, '"decimate" or "drop-oldest-metrics" or "block": current value is "x"'],
    [{ delivery: { batchsize: 5 } }, "the unknown option delivery.batchsize: use batchSize"],
    [{ delivery: { speed: 5 } }, "the unknown option delivery.speed: use mode, batchSize, flushInterval"],
    [{ delivery: 5 }, "delivery as it must be an object: current value is 5"],
    [{ experimentName: "x" }, "the unknown option experimentName: use experiment"],
    [{ uri: "http://h" }, "the unknown option uri: use trackingUri"],
    [
      { queue: "sqlite" },
      'queue as it must be a queue such as memoryQueue() or sqliteQueue(): current value is "sqlite"',
    ],
    [{ paramConflict: "x" }, 'paramConflict as it must be "report" or "tag" or "version"'],
    [{ onProblem: "console" }, 'onProblem as it must be a function: current value is "console"'],
    [{ fetch: {} }, "fetch as it must be a function or an object with a method fetch"],
    [{ strict: "yes" }, "strict as it must be a boolean"],
    [{ tags: "red" }, 'tags as it must be an object: current value is "red"'],
    [{ auth: { tokn: "hidden" } }, "the unknown option auth.tokn: use username, password, token"],
    [{ auth: { username: "ada" } }, "auth as it must be { username, password }, { token } or a function"],
    [{ trackingUri: 5 }, "trackingUri as it must be a string: current value is 5"],
  ])("%j", (options, message) => {
    expect(() => createTracker(given(options))).toThrow(ConfigurationError);
    expect(() => createTracker(given(options))).toThrow(message);
  });

  test.each([null, "http://me:hidden@mlflow.test", 5])("options that are no object", (options) => {
    const make = (): unknown => createTracker(options as unknown as TrackerOptions);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow('the options as they must be an object such as { trackingUri: "http://localhost:5000" }');
    expect(make).not.toThrow("hidden");
  });

  test.each([{ auth: { token: 12345 } }, { auth: { username: "a", password: 12345 } }, { auth: "12345" }])(
    "wrong credentials without showing them",
    (options) => {
      expect(() => createTracker(given(options))).toThrow(/Cannot use (the option )?auth/);
      expect(() => createTracker(given(options))).not.toThrow("12345");
    },
  );
});

describe("createTracker() takes", () => {
  test.each([
    {},
    {
      delivery: {
        batchSize: 1,
        concurrency: 6,
        flushInterval: 0,
        exitTimeout: 0,
        maxStoredBytes: Number.POSITIVE_INFINITY,
      },
    },
    { delivery: { mode: undefined }, auth: undefined, experiment: undefined },
    { auth: { token: "t" } },
    { auth: { username: "ada", password: "" } },
    { auth: () => ({}) },
    { fetch: { fetch: () => new Response() }, waitUntil: { waitUntil: () => {} }, strict: true, tags: { team: "red" } },
  ])("%j", (options) => {
    expect(() => createTracker(given(options))).not.toThrow();
  });
});

test("checkOptions() checks the options of others by their own rules", () => {
  expect(() => checkOptions({ directory: 5 }, { directory: "string" })).toThrow(
    "Cannot use the option directory as it must be a string: current value is 5",
  );
  expect(() => checkOptions({ dir: "x" }, { directory: "string" })).toThrow("the unknown option dir: use directory");
});
