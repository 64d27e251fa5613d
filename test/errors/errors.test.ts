import { describe, expect, test } from "vitest";
import * as errors from "../../src/errors/index.ts";

const request = { method: "GET", url: "http://host/api" };
const reply = { status: 400, errorCode: "BAD_REQUEST", serverMessage: "no", request };

describe("isTrackletError()", () => {
  test("knows every error of ours, by its own name", () => {
    const made: [Error, string][] = [
      [new errors.TrackletError("x"), "TrackletError"],
      [new errors.ConfigurationError("x"), "ConfigurationError"],
      [new errors.CredentialsError("x"), "CredentialsError"],
      [new errors.StorageError("x"), "StorageError"],
      [new errors.ValidationError("x", { key: "k" }), "ValidationError"],
      [new errors.NetworkError("x", request), "NetworkError"],
      [new errors.TimeoutError("x", request), "TimeoutError"],
      [new errors.UnexpectedReplyError("x", request), "UnexpectedReplyError"],
      [new errors.HttpError("x", reply), "HttpError"],
      [new errors.BadRequestError("x", reply), "BadRequestError"],
      [new errors.AlreadyExistsError("x", reply), "AlreadyExistsError"],
      [new errors.AuthenticationError("x", reply), "AuthenticationError"],
      [new errors.PermissionError("x", reply), "PermissionError"],
      [new errors.NotFoundError("x", reply), "NotFoundError"],
      [new errors.PayloadTooLargeError("x", reply), "PayloadTooLargeError"],
      [new errors.RateLimitError("x", reply), "RateLimitError"],
      [new errors.ServerError("x", reply), "ServerError"],
    ];
    for (const [error, name] of made) {
      expect(errors.isTrackletError(error)).toBe(true);
      expect(error).toBeInstanceOf(Error);
      expect(error.name).toBe(name);
      expect(String(error)).toBe(`${name}: x`);
    }
  });

  test("knows an error of another copy of the library", () => {
    const foreign = Object.assign(new Error("x"), { [Symbol.for("tracklet.error")]: true });
    expect(errors.isTrackletError(foreign)).toBe(true);
  });

  test.each([undefined, null, "x", 5, {}, new Error("x"), new TypeError("x")])("does not take %s for one", (value) => {
    expect(errors.isTrackletError(value)).toBe(false);
  });
});

describe("guards", () => {
  const network = new errors.NetworkError("x", request);
  const timeout = new errors.TimeoutError("x", request);
  const unexpected = new errors.UnexpectedReplyError("x", request);
  const cors = new errors.NetworkError("x", request, { originRefused: true });
  const host = new errors.PermissionError("x", reply, { originRefused: true });
  const denied = new errors.PermissionError("x", reply);
  const missing = new errors.NotFoundError("x", reply);
  const invalid = new errors.ValidationError("x");
  const wrong = new errors.ConfigurationError("x");
  const locked = new errors.CredentialsError("x");
  const own = [network, timeout, unexpected, cors, host, denied, missing, invalid, wrong, locked];
  const all: Error[] = [...own, new TypeError("x")];

  test.each<[string, (error: unknown) => boolean, Error[]]>([
    ["isNetworkError", errors.isNetworkError, [network, timeout, unexpected, cors]],
    ["isTimeoutError", errors.isTimeoutError, [timeout]],
    ["isHttpError", errors.isHttpError, [host, denied, missing]],
    ["isNotFoundError", errors.isNotFoundError, [missing]],
    ["isOriginRefused", errors.isOriginRefused, [cors, host]],
    ["isValidationError", errors.isValidationError, [invalid]],
    ["isConfigurationError", errors.isConfigurationError, [wrong, locked]],
  ])("%s() is true for its own only, also from another realm", (_name, guard, fitting) => {
    expect(all.filter(guard)).toEqual(fitting);
    const foreign = all.map((error) => {
      const mark = errors.isTrackletError(error) ? { [Symbol.for("tracklet.error")]: true } : {};
      return Object.assign(Object.create(null), { ...error, name: error.name, ...mark });
    });
    expect(foreign.filter(guard)).toHaveLength(fitting.length);
  });
});

describe("errors", () => {
  test("keep cause and facts", () => {
    const cause = new TypeError("fetch failed");
    const network = new errors.NetworkError("x", request, { cause, originRefused: true });
    expect(network).toMatchObject({ cause, request, originRefused: true });
    expect(new errors.TimeoutError("x", request).originRefused).toBe(false);
    expect(new errors.ServerError("x", { ...reply, retryAfter: 5 }, { cause })).toMatchObject({
      cause,
      status: 400,
      errorCode: "BAD_REQUEST",
      serverMessage: "no",
      retryAfter: 5,
    });
    expect(new errors.ValidationError("x", { key: "loss", cause })).toMatchObject({ key: "loss", cause });
    expect(new errors.PermissionError("x", reply, { originRefused: true }).originRefused).toBe(true);
  });

  test("say nothing of their mark when they are written as JSON or listed", () => {
    expect(Object.keys(new errors.TrackletError("x"))).toEqual(["name"]);
  });
});
