import { describe, expect, test } from "vitest";
import { platformNames, timeAndChance } from "../../scripts/lib/forbidden-names.ts";
import { mask } from "../../scripts/lib/mask.ts";

const platform = (source: string): string[] => platformNames(source, mask(source)).map(({ name }) => name);
const time = (source: string): string[] => timeAndChance(source, mask(source)).map(({ name }) => name);

describe("platformNames", () => {
  test.each([
    ["Deno.env.get('A')", "Deno"],
    ["globalThis.Bun?.version", "Bun"],
    ["globalThis?.process", "process"],
    ["typeof window", "window"],
    ["(globalThis as { Deno?: unknown })", "Deno"],
    ["process.getBuiltinModule('fs')", "process"],
    ["new Set([document])", "document"],
  ])("platformNames() finds the name in %s", (source, name) => {
    expect(platform(source)).toEqual([name]);
  });

  test.each([
    "options.window",
    "const rule = { window: 5 }",
    "interface Rule { window?: number }",
    "// process.env",
    "throw new Error('window is closed')",
    "const processed = denoise(windowed)",
    "run.process()",
  ])("platformNames() finds nothing in %s", (source) => {
    expect(platform(source)).toEqual([]);
  });
});

describe("timeAndChance", () => {
  test.each([
    ["Date.now()", "Date.now"],
    ["new Date()", "new Date()"],
    ["setTimeout(f, 1)", "setTimeout"],
    ["globalThis.setInterval(f, 1)", "globalThis.setInterval"],
    ["performance.now()", "performance.now"],
    ["Math.random()", "Math.random"],
    ["globalThis.crypto.randomUUID()", "crypto.randomUUID"],
    ["AbortSignal.timeout(5)", "AbortSignal.timeout"],
  ])("timeAndChance() finds %s", (source, name) => {
    expect(time(source)).toEqual([name]);
  });

  test.each([
    "new Date(timestamp)",
    "clock.now()",
    "clock.setTimeout",
    "Math.floor(x)",
    "// Date.now()",
    "new Dates()",
  ])("timeAndChance() finds nothing in %s", (source) => {
    expect(time(source)).toEqual([]);
  });
});
