import { describe, expect, test } from "vitest";
import { errorFromReply } from "../../src/client/reply-error.ts";
import {
  ConfigurationError,
  CredentialsError,
  NetworkError,
  TimeoutError,
  UnexpectedReplyError,
  ValidationError,
} from "../../src/errors/index.ts";
import { ChunkDamagedError } from "../../src/queue/chunk/chunk-codec.ts";
import { backoff, clampRetryAfter } from "../../src/queue/send/backoff.ts";
import { classify, ParkError } from "../../src/queue/send/outcome.ts";
import type { ChunkKind } from "../../src/queue/chunk/request.ts";

const request = { method: "POST", url: "http://mlflow.test/api" };

function reply(status: number, errorCode?: string, message = "no", retryAfter?: number): Error {
  const form = errorCode === undefined ? "text" : "json";
  return errorFromReply(status, { form, errorCode, message }, request, retryAfter);
}

const retry = { action: "retry", refused: false };

describe("classify()", () => {
  const table: [string, unknown, ChunkKind, number, object][] = [
    ["no answer", new NetworkError("x", request), "metrics", 0, { ...retry, host: true, ambiguous: true }],
    ["no answer in time", new TimeoutError("x", request), "metrics", 0, { ...retry, host: false, ambiguous: true }],
    ["a login page", new UnexpectedReplyError("x", request), "tags", 0, { ...retry, host: true, ambiguous: true }],
    ["a short artifact", new UnexpectedReplyError("x", request), "artifact", 0, { ...retry, host: false }],
    [
      "an origin that CORS refuses",
      new NetworkError("x", request, { originRefused: true }),
      "tags",
      0,
      { action: "pause" },
    ],
    [
      "an aborted request",
      new DOMException("x", "AbortError"),
      "create",
      0,
      { ...retry, host: false, ambiguous: true },
    ],
    ["401", reply(401), "metrics", 0, { action: "pause" }],
    ["403 in text (Host)", reply(403, undefined, "Invalid Host header"), "metrics", 0, { action: "pause" }],
    ["403 in text of a login or proxy", reply(403), "metrics", 0, { action: "deny" }],
    ["403 PERMISSION_DENIED", reply(403, "PERMISSION_DENIED"), "metrics", 0, { action: "park" }],
    ["404 with a code", reply(404, "RESOURCE_DOES_NOT_EXIST"), "metrics", 0, { action: "inspect" }],
    ["404 without a code", reply(404), "metrics", 0, { action: "pause" }],
    ["404 of a path for a new run", reply(404, "ENDPOINT_NOT_FOUND"), "create", 0, { action: "pause" }],
    ["404 of a path for what every server has", reply(404, "ENDPOINT_NOT_FOUND"), "update", 0, { action: "pause" }],
    ["404 of a path", reply(404, "ENDPOINT_NOT_FOUND"), "inputs", 0, { action: "inspect" }],
    ["404 of an artifact", reply(404), "artifact", 0, { ...retry, refused: true, host: false, ambiguous: false }],
    ["404 of an artifact for the third time", reply(404), "artifact", 2, { action: "inspect" }],
    ["409 of a proxy", reply(409), "update", 1, { action: "retry", refused: true }],
    ["409 of a proxy for the third time", reply(409), "update", 2, { action: "inspect" }],
    ["409 of MLflow", reply(409, "RESOURCE_CONFLICT"), "update", 0, { ...retry, refused: true, ambiguous: false }],
    ["409 of MLflow for the third time", reply(409, "ABORTED"), "update", 2, { action: "inspect" }],
    ["404 of a tag to delete", reply(404, "RESOURCE_DOES_NOT_EXIST"), "untag", 0, { action: "inspect" }],
    ["408", reply(408), "metrics", 0, { ...retry, host: false }],
    ["413", reply(413), "metrics", 0, { action: "split" }],
    ["429", reply(429, undefined, "", 7_000), "metrics", 0, { ...retry, host: true, ambiguous: false, after: 7_000 }],
    ["429 with a Retry-After of a day", reply(429, undefined, "", 86_400_000), "metrics", 0, { after: 3_600_000 }],
    ["429 with a Retry-After in the past", reply(429, undefined, "", -5), "metrics", 0, { after: undefined }],
    ["500", reply(500, "INTERNAL_ERROR"), "metrics", 0, { ...retry, host: false, ambiguous: true }],
    ["502", reply(502), "metrics", 0, { ...retry, host: true, ambiguous: true }],
    ["503 with Retry-After", reply(503, undefined, "", 5_000), "metrics", 0, { ...retry, host: true, after: 5_000 }],
    ["400 for the first time", reply(400, "BAD_REQUEST"), "params", 0, { ...retry, refused: true, ambiguous: false }],
    ["400 for the second time", reply(400, "BAD_REQUEST"), "params", 1, { action: "retry", refused: true }],
    ["400 for the third time", reply(400, "BAD_REQUEST"), "params", 2, { action: "inspect" }],
    ["a run that cannot be written", new ParkError("deleted"), "metrics", 0, { action: "park" }],
    ["what the client itself refuses", new ValidationError("x"), "metrics", 0, { action: "split" }],
    ["bytes that changed", new ChunkDamagedError("x"), "artifact", 0, { action: "split" }],
    ["files that the server does not serve", new ConfigurationError("x"), "artifact", 0, { action: "split" }],
    ["an auth function that fails", new CredentialsError("x"), "metrics", 0, { action: "pause" }],
    ["a module that does not load", new TypeError("x"), "params", 0, { ...retry, host: false, ambiguous: true }],
    ["what is no error", "x", "create", 0, { ...retry, host: false, ambiguous: true }],
  ];

  test.each(table)("judges %s", (_, error, kind, refusals, expected) => {
    expect(classify(error, kind, refusals)).toMatchObject(expected);
  });
});

describe("backoff()", () => {
  test("spreads over 1 s at first, doubled each time up to 5 min", () => {
    expect([1, 2, 3, 9, 10, 1000].map((failures) => backoff(failures, 1))).toEqual([
      1e3, 2e3, 4e3, 256e3, 300e3, 300e3,
    ]);
    expect(backoff(5, 0)).toBe(0);
    expect(backoff(5, 0.5)).toBe(8_000);
  });
});

describe("clampRetryAfter()", () => {
  test("keeps what can be used", () => {
    const given = [undefined, Number.NaN, -1, 0, 5, 5_000, 1e12];
    const kept = [undefined, undefined, undefined, undefined, 1_000, 5_000, 3_600_000];
    expect(given.map(clampRetryAfter)).toEqual(kept);
  });
});
