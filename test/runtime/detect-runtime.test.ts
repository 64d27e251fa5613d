import { describe, expect, test } from "vitest";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";

const node = { versions: { node: "24.0.0" } };

describe("detectRuntime()", () => {
  test.each([
    ["node", { process: node }],
    ["node", { process: node, document: {} }],
    ["bun", { process: { versions: { node: "24.0.0", bun: "1.4.5" } } }],
    ["deno", { process: node, Deno: { version: { deno: "2.9.6" } } }],
    ["workerd", { process: node, navigator: { userAgent: "Cloudflare-Workers" }, WorkerGlobalScope: {} }],
    ["browser", { document: {}, navigator: { userAgent: "Mozilla/5.0" } }],
    ["browser", { WorkerGlobalScope: {} }],
    ["browser", { document: {}, process: { versions: {} } }],
    ["unknown", {}],
  ])("says %s of %j", (name, host) => {
    expect(detectRuntime(host)).toBe(name);
  });

  test("knows the runtime that this test runs in", () => {
    expect(detectRuntime()).not.toBe("unknown");
  });
});
