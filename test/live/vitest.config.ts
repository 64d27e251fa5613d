import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { alias } from "../../vitest.config.ts";

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { alias },
  test: {
    name: "live",
    include: ["test/live/**/*.live.test.ts"],
    globalSetup: [fileURLToPath(new URL("support/global-setup.ts", import.meta.url))],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Most of the time they wait for a server. More than two would start so many that each of them is slow.
    maxWorkers: 2,
  },
});

export default config;
