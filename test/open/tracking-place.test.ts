import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { parseTrackingPlace } from "../../src/open/tracking-place.ts";

describe("parseTrackingPlace()", () => {
  test.each([
    ["sqlite:///mlflow.db", "mlflow.db"],
    ["sqlite:////data/mlflow.db", "/data/mlflow.db"],
    ["SQLITE:///runs/of%20mine.db", "runs/of mine.db"],
    ["sqlite:///100%.db", "100%.db"],
  ])("reads %s as a file", (uri, path) => {
    expect(parseTrackingPlace(uri)).toEqual({ kind: "database", path });
  });

  test.each([
    "http://localhost:5000",
    " https://mlflow.example/prefix ",
    "databricks",
    "localhost:5000",
    "127.0.0.1:5123",
  ])("leaves %j to those who make trackers for servers", (uri) => {
    expect(parseTrackingPlace(uri)).toEqual({ kind: "server", trackingUri: uri.trim() });
  });

  test.each(["./mlruns", "/home/me/mlruns", "file:///home/me/mlruns", "file:mlruns"])(
    "refuses %s with the way to move an older file store",
    (uri) => {
      expect(() => parseTrackingPlace(uri)).toThrow(ConfigurationError);
      expect(() => parseTrackingPlace(uri)).toThrow(
        "mlflow migrate-filestore --source ./mlruns --target sqlite:///mlflow.db",
      );
    },
  );

  test.each(["", "  "])("refuses %j with what to give instead", (uri) => {
    expect(() => parseTrackingPlace(uri)).toThrow("leave trackingUri out for the file mlflow.db");
  });

  test("refuses another database with the server to start, and without its password", () => {
    const open = (): unknown => parseTrackingPlace("postgresql://me:secret@db/mlflow");
    expect(open).toThrow("mlflow server --backend-store-uri postgresql://...");
    expect(open).not.toThrow("secret");
  });

  test.each(["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://mlflow.db", "sqlite:mlflow.db"])(
    "refuses %s, which names no file",
    (uri) => {
      expect(() => parseTrackingPlace(uri)).toThrow('"sqlite:///mlflow.db" for one in this directory');
    },
  );

  test.each([
    ["//me:s3cret@host/x", '"//..."'],
    ["//me:s3c#r?et@host/x", '"//..."'],
    ["me/s3cret@host", '"..."'],
    ["./mlruns?password=s3cret", '"./mlruns?..."'],
    ["./mlruns#s3cret", '"./mlruns#..."'],
    ["sqlite://me:s3cret@host/x.db", '"sqlite://..."'],
    ["sqlite:///:memory:?password=s3cret", '"sqlite:///:memory:?..."'],
    ["sqlite:x?a=b@s3cret", '"sqlite:..."'],
    ["sqlite:///x.db?password=s3cret", '"sqlite:///x.db?..."'],
    ["sqlite:///x.db#s3cret", '"sqlite:///x.db#..."'],
  ])("refuses %s and shows neither user info nor query", (uri, shown) => {
    const open = (): unknown => parseTrackingPlace(uri);
    expect(open).toThrow(ConfigurationError);
    expect(open).toThrow(shown);
    expect(open).not.toThrow(/s3c|me:/);
  });
});
