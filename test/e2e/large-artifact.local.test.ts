import { expect, test, vi } from "vitest";
import { largeArtifact } from "../../bench/large-artifact.ts";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";

vi.setConfig({ testTimeout: 60_000 });

// The long form, a gigabyte, is `npm run bench -- large-artifact`.
test("S2.4 logArtifact() and downloadArtifacts() stream a large file: its bytes come back, memory does not grow with it", async () => {
  const { equal, grown } = await largeArtifact(128);
  expect(equal).toBe(true);
  // Deno's `openAsBlob` reads the whole file.
  if (detectRuntime() !== "deno") expect(grown).toBeLessThan(100);
});
