import { describe, expect, test } from "vitest";
import { MetricsResource } from "../../src/client/metrics.ts";
import { ServerResource } from "../../src/client/server.ts";
import { UnexpectedReplyError } from "../../src/errors/index.ts";
import { fakeServer, json, page, rejection } from "./support/fake-server.ts";
import { loginPage, recordedServerInfo, runId } from "./support/recorded.ts";
import { sent } from "./support/sent.ts";

const api = "/api/2.0/mlflow";

describe("MetricsResource", () => {
  test("history() always sends max_results and reads text for numbers", async () => {
    const server = fakeServer([
      json({
        metrics: [
          { key: "val/loss", value: "-Infinity", timestamp: "1700000000000", step: 0 },
          { key: "val/loss", value: "NaN" },
        ],
      }),
    ]);
    const points = await new MetricsResource(server.transport).history({ runId, key: "val/loss" }).all();
    expect(points).toEqual([
      { key: "val/loss", value: Number.NEGATIVE_INFINITY, timestamp: 1700000000000, step: 0 },
      { key: "val/loss", value: Number.NaN, timestamp: 0, step: 0 },
    ]);
    const query = { run_id: runId, metric_key: "val/loss", max_results: "25000" };
    expect(sent(server)).toEqual(["GET", `${api}/metrics/get-history`, query]);
  });

  test.each(["soon", "", null, true, {}])("history() refuses %j as a value", async (value) => {
    const { transport } = fakeServer([json({ metrics: [{ key: "a", value, timestamp: 1, step: 0 }] })]);
    const read = new MetricsResource(transport).history({ runId, key: "a" }, { retry: false });
    expect(await rejection(read)).toBeInstanceOf(UnexpectedReplyError);
  });
});

describe("ServerResource", () => {
  test("version() reads the bare text, whatever its label", async () => {
    const server = fakeServer([page("3.17.2")]);
    expect(await new ServerResource(server.transport).version()).toBe("3.17.2");
    expect(sent(server)).toEqual(["GET", "/version", {}]);
  });

  test.each([loginPage, "", "x".repeat(1000)])("version() refuses %j", async (text) => {
    const { transport } = fakeServer([page(text)]);
    expect(await rejection(new ServerResource(transport).version())).toBeInstanceOf(UnexpectedReplyError);
  });

  test("health() is true only for MLflow's own word", async () => {
    const { transport } = fakeServer([page("OK", 200, "text/plain"), page(loginPage)]);
    const server = new ServerResource(transport);
    expect(await server.health()).toBe(true);
    expect(await server.health()).toBe(false);
  });

  test("info() is undefined before MLflow 3", async () => {
    const { transport } = fakeServer([json(recordedServerInfo), page("<html><title>404</title></html>", 404)]);
    const server = new ServerResource(transport);
    expect(await server.info()).toStrictEqual({
      storeType: "SqlStore",
      workspacesEnabled: false,
      multipartUploadsEnabled: false,
      multipartDownloadsEnabled: false,
    });
    expect(await server.info()).toBeUndefined();
  });
});
