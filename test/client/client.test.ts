import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { ConfigurationError } from "../../src/errors/index.ts";
import { page } from "./support/fake-server.ts";

const fetch = (): Promise<Response> => Promise.resolve(page("3.17.2"));

describe("createClient()", () => {
  test("takes a connection, or something that has one", async () => {
    const connection = { trackingUri: "http://tracking.test", fetch };
    expect(await createClient(connection).server.version()).toBe("3.17.2");
    expect(await createClient({ connection }).server.version()).toBe("3.17.2");
  });

  test("throws for an address that cannot work", () => {
    expect(() => createClient({ trackingUri: "databricks" })).toThrow(ConfigurationError);
  });

  test("is made without a request", () => {
    let asked = 0;
    createClient({ trackingUri: "http://tracking.test", fetch: async () => page(String(++asked)) });
    expect(asked).toBe(0);
  });
});
