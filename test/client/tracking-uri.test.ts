import { describe, expect, test } from "vitest";
import { parseTrackingUri } from "../../src/client/tracking-uri.ts";
import { ConfigurationError } from "../../src/errors/index.ts";

function refusal(uri: string): string {
  try {
    parseTrackingUri(uri);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error(`"${uri}" was taken`);
}

describe("parseTrackingUri()", () => {
  test.each([
    ["http://localhost:5000", "http://localhost:5000"],
    ["http://localhost:5000/", "http://localhost:5000"],
    [" https://host/team/mlflow// ", "https://host/team/mlflow"],
    ["HTTP://LOCALHOST:5000", "http://localhost:5000"],
    ["http://[::1]:5000", "http://[::1]:5000"],
  ])("keeps origin and path prefix of %s", (uri, base) => {
    expect(parseTrackingUri(uri)).toEqual({ base, userInfo: undefined });
  });

  test("takes the user info out and decodes it", () => {
    expect(parseTrackingUri("https://me%40x:p%40ss%3A1@host/x")).toEqual({
      base: "https://host/x",
      userInfo: { username: "me@x", password: "p@ss:1" },
    });
  });

  test.each(["databricks", "databricks://profile", "databricks-uc", "uc:https://host"])(
    "refuses %s with the https form",
    (uri) => {
      expect(refusal(uri)).toContain("https://HOST.cloud.databricks.com");
    },
  );

  test.each(["file:///tmp/mlruns", "sqlite:///mlflow.db", "./mlruns", "/data/mlruns", "mlruns", ""])(
    "sends %s to the local entry",
    (uri) => {
      expect(refusal(uri)).toContain(`import openTracker from "tracklet/local"`);
    },
  );

  test.each(["localhost:5000", "mlflow.example.com:443", "127.0.0.1:5000", "[::1]:5000"])(
    "says that http:// is missing in %s",
    (uri) => {
      expect(refusal(uri)).toContain(`write "http://" before "${uri}"`);
    },
  );

  test.each(["ftp://host", "http://", "http://host:port", "ws://host"])("refuses %s", (uri) => {
    expect(refusal(uri)).toContain("http://localhost:5000");
  });

  test.each([
    ["http://127.0.0.1:99999", "or its port, cannot be one (ports go from 0 to 65535)"],
    ["http://host:port/x", "or its port, cannot be one (ports go from 0 to 65535)"],
    ["http://[::1]:70000", "or its port, cannot be one (ports go from 0 to 65535)"],
    ["http://", "has no host"],
    ["https:///?x", "has no host"],
    ["http://me:hunter22@:80", "has no host"],
    ["http://[a]", "the host of the current value, or its port, cannot be one"],
  ])("says what is wrong with %s, which begins as it should", (uri, what) => {
    expect(refusal(uri)).toContain(what);
    expect(refusal(uri)).not.toContain("begins with");
  });

  test("shows no secret of what it refuses", () => {
    for (const uri of [
      "https://host/?token=hunter22",
      "https://host/#hunter22",
      "postgresql://me:hunter22@db/mlflow",
      "http://me:hunter22@host:port",
      "ftp://me:hunter22@host",
      "hunter22:me@host",
      "databricks://hunter22",
      "localhost:5000/hunter22?x=hunter22",
    ]) {
      expect(refusal(uri)).not.toContain("hunter22");
    }
  });

  test("refuses what is no text", () => {
    expect(refusal(undefined as unknown as string)).toContain("current value is empty");
  });
});
