import { describe, expect, test } from "vitest";
import { checkConnection } from "../../src/client/check-connection.ts";
import { createClient } from "../../src/client/index.ts";
import type { Connection } from "../../src/client/types/connection.ts";
import { ConfigurationError } from "../../src/errors/index.ts";

const trackingUri = "http://tracking.test";
const fetch = (): Promise<Response> => Promise.resolve(new Response("{}"));

describe("checkConnection()", () => {
  test.each<Partial<Connection>>([
    {},
    { fetch },
    { fetch: { fetch } },
    { timeout: 1, retry: { limit: 0, base: 0, cap: 0 }, workspace: "team-a" },
    { timeout: Number.POSITIVE_INFINITY },
    { auth: { username: "", password: "" } },
    { auth: () => ({}) },
  ])("takes %j", (options) => {
    expect(() => checkConnection({ trackingUri, ...options })).not.toThrow();
  });

  test.each<[string, object, string]>([
    ["a fetch that is none", { fetch: "http://x" }, "the option fetch"],
    ["an object without fetch", { fetch: {} }, "the option fetch"],
    ["null as fetch", { fetch: null }, "the option fetch"],
    ["no time at all", { timeout: 0 }, "the option timeout"],
    ["a time-out that is no number", { timeout: Number.NaN }, "the option timeout"],
    ["a negative limit", { retry: { limit: -1 } }, "the option retry.limit"],
    ["a wait that is no number", { retry: { base: "soon" } }, "the option retry.base"],
    ["a workspace with a line break", { workspace: "a\nb" }, "the option workspace"],
    ["an empty token", { auth: { token: "" } }, "auth.token"],
    ["a token that is no text", { auth: { token: undefined } }, "auth.token"],
    ["a user name without password", { auth: { username: "me" } }, "auth"],
    ["an auth that is none", { auth: {} }, "auth"],
    ["a text as auth", { auth: "hunter22" }, "auth"],
    ["an address of another kind", { trackingUri: "databricks" }, "https address"],
  ])("refuses %s with the cure", (_name, options, shown) => {
    const connection = { trackingUri, ...options } as Connection;
    for (const make of [() => checkConnection(connection), () => createClient(connection)]) {
      expect(make).toThrow(ConfigurationError);
      expect(make).toThrow(shown);
      expect(make).not.toThrow("hunter22");
    }
  });
});
