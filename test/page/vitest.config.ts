import { defineConfig, type ViteUserConfig } from "vitest/config";
import { root } from "../../scripts/lib/root.ts";
import { alias } from "../../vitest.config.ts";

/** Tests that run in Node and drive Chromium from outside: they kill it, stop it, take its network away. */
const config: ViteUserConfig = defineConfig({
  root,
  resolve: { alias },
  test: {
    name: "page",
    include: ["test/page/**/*.page.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each file has a Chromium of its own; most of the time they wait, not for the processor.
    maxWorkers: 3,
    passWithNoTests: true,
  },
});

export default config;
