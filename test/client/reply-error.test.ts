import { describe, expect, test } from "vitest";
import { RunsResource } from "../../src/client/runs.ts";
import {
  BadRequestError,
  HttpError,
  isTrackletError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionError,
  ServerError,
} from "../../src/errors/index.ts";
import { fakeServer, json, page, refusal, rejection } from "./support/fake-server.ts";
import { htmlError, runId } from "./support/recorded.ts";

async function errorOf(reply: Response): Promise<HttpError> {
  const { transport } = fakeServer([reply]);
  return (await rejection(new RunsResource(transport).get(runId, { retry: false }))) as HttpError;
}

describe("errorFromReply()", () => {
  test.each([
    ["INVALID_PARAMETER_VALUE", 400, "BadRequestError"],
    ["BAD_REQUEST", 400, "BadRequestError"],
    ["RESOURCE_ALREADY_EXISTS", 400, "AlreadyExistsError"],
    ["ALREADY_EXISTS", 409, "AlreadyExistsError"],
    ["RESOURCE_CONFLICT", 409, "HttpError"],
    ["ABORTED", 409, "HttpError"],
    ["UNAUTHENTICATED", 401, "AuthenticationError"],
    ["PERMISSION_DENIED", 403, "PermissionError"],
    ["RESOURCE_DOES_NOT_EXIST", 404, "NotFoundError"],
    ["ENDPOINT_NOT_FOUND", 404, "NotFoundError"],
    ["REQUEST_LIMIT_EXCEEDED", 429, "RateLimitError"],
    ["INTERNAL_ERROR", 500, "ServerError"],
    ["INVALID_STATE", 500, "ServerError"],
    ["FEATURE_DISABLED", 500, "ServerError"],
    ["NOT_IMPLEMENTED", 501, "ServerError"],
    ["TEMPORARILY_UNAVAILABLE", 503, "ServerError"],
  ])("maps %s with %i", async (errorCode, status, type) => {
    const error = await errorOf(refusal(status, errorCode, "No Run with id=x"));
    expect(error.name).toBe(type);
    expect(isTrackletError(error)).toBe(true);
    expect(error).toMatchObject({
      status,
      errorCode,
      serverMessage: "No Run with id=x",
      request: { method: "GET", url: "http://tracking.test:5000/api/2.0/mlflow/runs/get" },
    });
    expect(error.message).toContain(
      `Cannot GET http://tracking.test:5000/api/2.0/mlflow/runs/get as the server answered ${status} ${errorCode}: "No Run with id=x"`,
    );
  });

  test("reads the title of an HTML page", async () => {
    const error = await errorOf(page(htmlError, 500));
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ errorCode: undefined, serverMessage: "500 Internal Server Error" });
  });

  test("asks for the address when the route is unknown", async () => {
    const error = await errorOf(page("<!doctype html><title>404 Not Found</title>", 404));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.message).toContain("Is trackingUri the address of an MLflow server?");
  });

  test.each<[string, unknown, string]>([
    ["text", "Not Found", "Not Found"],
    ["a list", [{ loc: ["header"], msg: "Field required" }], '[{"loc":["header"],"msg":"Field required"}]'],
  ])("reads FastAPI's detail as %s", async (_name, detail, message) => {
    const error = await errorOf(json({ detail }, 422));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.serverMessage).toBe(message);
  });

  test("reads plain text", async () => {
    const error = await errorOf(page("Internal Server Error", 500, "text/plain; charset=utf-8"));
    expect(error.serverMessage).toBe("Internal Server Error");
  });

  test("tells 403 as JSON (who asks) from 403 as text (from where)", async () => {
    const denied = (await errorOf(refusal(403, "PERMISSION_DENIED", "Invalid Host header"))) as PermissionError;
    expect(denied).toBeInstanceOf(PermissionError);
    expect(denied.originRefused).toBe(false);

    const plain = (await errorOf(page("Permission denied", 403, "text/plain"))) as PermissionError;
    expect(plain.originRefused).toBe(false);

    const origin = (await errorOf(page("Cross-origin request blocked", 403, "text/plain"))) as PermissionError;
    expect(origin.originRefused).toBe(true);
    expect(origin.message).toContain("--cors-allowed-origins");

    const host = "Invalid Host header - possible DNS rebinding attack detected";
    const refused = (await errorOf(page(host, 403, "text/plain"))) as PermissionError;
    expect(refused.originRefused).toBe(true);
    expect(refused.message).toContain("--allowed-hosts tracking.test:5000");
  });

  test("says what to do about a body that is too large", async () => {
    const error = await errorOf(page("<html><title>413 Request Entity Too Large</title></html>", 413));
    expect(error).toBeInstanceOf(PayloadTooLargeError);
    expect(error.message).toContain("client_max_body_size");
  });

  test("removes tags and scripts, and cuts what is long", async () => {
    const error = await errorOf(page(`<html><script>steal()</script><b>bad</b>${"x".repeat(2000)}</html>`, 502));
    expect(error.serverMessage).toMatch(/^bad x+…$/);
    expect(error.serverMessage).toHaveLength(500);
  });

  test.each([418, 405, 416, 302])("gives any other status its own facts: %i", async (status) => {
    const error = await errorOf(page("", status));
    expect(error.constructor).toBe(HttpError);
    expect(error.status).toBe(status);
    expect(error.message).toMatch(/as the server answered \d+$/);
  });

  test("survives an error body that breaks off", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new TypeError("terminated")) });
    expect(await errorOf(new Response(body, { status: 500 }))).toBeInstanceOf(ServerError);
  });

  test.each(['{"error_code": 5, "message": null}', '{"message": {"a": 1}}', "[1]", '{"error": "x"}', "{"])(
    "takes odd error bodies as they are: %s",
    async (body) => {
      const error = await errorOf(json(body, 400));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error.errorCode).toBeUndefined();
    },
  );
});
