import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { resolveSettings } from "../../src/tracker/settings.ts";
import type { TrackerOptions } from "../../src/tracker/types/tracker-options.ts";
import { manualRuntime } from "../support/manual-runtime.ts";

const settings = (options: TrackerOptions, env: Record<string, string> = {}): ReturnType<typeof resolveSettings> =>
  resolveSettings(options, manualRuntime({ env }).environment, "node");

describe("resolveSettings()", () => {
  test("reads MLflow's environment variables", () => {
    const env = {
      MLFLOW_TRACKING_URI: "https://mlflow.example/prefix/",
      MLFLOW_TRACKING_USERNAME: "me",
      MLFLOW_TRACKING_PASSWORD: "secret",
      MLFLOW_TRACKING_TOKEN: "token",
      MLFLOW_EXPERIMENT_NAME: "lesson",
      MLFLOW_EXPERIMENT_ID: "7",
      MLFLOW_WORKSPACE: "team",
      MLFLOW_HTTP_REQUEST_TIMEOUT: "30",
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: "2",
    };
    expect(settings({}, env)).toEqual({
      trackingUri: "https://mlflow.example/prefix",
      auth: { username: "me", password: "secret" },
      workspace: "team",
      experiment: { name: "lesson" },
      timeout: 30_000,
      retries: 2,
    });
    expect(
      settings({}, { MLFLOW_TRACKING_URI: "http://h", MLFLOW_TRACKING_TOKEN: "t", MLFLOW_EXPERIMENT_ID: "7" }),
    ).toMatchObject({
      auth: { token: "t" },
      experiment: { id: "7" },
    });
  });

  test("lets options win over the environment, and the address carry credentials", () => {
    const env = { MLFLOW_TRACKING_URI: "http://other", MLFLOW_EXPERIMENT_ID: "7", MLFLOW_TRACKING_TOKEN: "t" };
    expect(settings({ trackingUri: "http://me:s%40y@host:5000", experiment: "mine" }, env)).toMatchObject({
      trackingUri: "http://host:5000",
      auth: { username: "me", password: "s@y" },
      experiment: { name: "mine" },
    });
    expect(settings({ trackingUri: "http://h" })).toMatchObject({ experiment: { name: "Default" }, auth: undefined });
  });

  test("names the import line of openTracker when there is no address", () => {
    expect(() => settings({})).toThrow(ConfigurationError);
    expect(() => settings({})).toThrow('import { openTracker } from "tracklet/local"');
    expect(() => resolveSettings({}, manualRuntime().environment, "browser")).toThrow(
      'import { openTracker } from "tracklet/browser"',
    );
  });

  test.each([
    ["databricks", "https://HOST.cloud.databricks.com"],
    ["databricks://profile", "https://HOST.cloud.databricks.com"],
    ["localhost:5000", 'write "http://" before'],
    ["sqlite:///mlflow.db", "tracklet/local"],
    ["./mlruns", "tracklet/local"],
    ["ftp://host", "http(s) address"],
  ])("refuses the address %s with the cure", (trackingUri, cure) => {
    expect(() => settings({ trackingUri })).toThrow(ConfigurationError);
    expect(() => settings({ trackingUri })).toThrow(cure);
  });

  test("never repeats credentials of an address that it refuses", () => {
    try {
      settings({ trackingUri: "ftp://me:hunter2@host" });
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain("hunter2");
    }
  });

  test("refuses names of experiments that MLflow refuses", () => {
    expect(() => settings({ trackingUri: "http://h", experiment: "" })).toThrow("1 to 500 characters");
    expect(() => settings({ trackingUri: "http://h", experiment: "x".repeat(501) })).toThrow("a text of 501");
  });
});
