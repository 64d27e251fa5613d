import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { createServer } from "../../src/server/server.ts";

describe("createServer()", () => {
  test.each([
    ["no options", undefined, "undefined"],
    ["no database", {}, "undefined"],
    ["null", { database: null }, "null"],
    ["an object that is no database", { database: { path: "mlflow.db" } }, "[object Object]"],
    ["a database that is not there yet", { database: Promise.resolve() }, "[object Promise]; await it"],
  ])("refuses %s by name", (_, options, given) => {
    const call = (): unknown => createServer(options as never);
    expect(call).toThrow(ValidationError);
    expect(call).toThrow(
      `Cannot create a server as its database must be a file name, ":memory:" or an open database: current value is ${given}`,
    );
  });
});
