import { expect, test } from "vitest";
import { recordedParams } from "../../src/cli/recorded-params.ts";
import { Secrets } from "../../src/recorder/environment/secrets.ts";

test("recordedParams() masks a secret by its name or its value, says so, and keeps the rest", () => {
  const warnings: string[] = [];
  const given = {
    lr: "0.1",
    api_key: "planted-1",
    db_url: "postgres://u:planted-2@db/x",
    note: "of planted-3",
    pat: "5",
    auth: "none",
    max_tokens: "512",
    pad_token: "<pad>",
  };
  const params = recordedParams(given, new Secrets({ STATION_TOKEN: "planted-3" }), (text) => warnings.push(text));
  expect(params).toEqual({ ...given, api_key: "***", db_url: "postgres://***@db/x", note: "of ***" });
  expect(warnings).toEqual([
    "--param api_key is named like a secret: its value is recorded as ***; give the command its secrets by its environment",
    "--param db_url holds a secret: its value is recorded as postgres://***@db/x; give the command its secrets by its environment",
    "--param note holds a secret: its value is recorded as of ***; give the command its secrets by its environment",
  ]);
});
