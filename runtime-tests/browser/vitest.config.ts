import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { root } from "../../scripts/lib/root.ts";
import { alias } from "../../vitest.config.ts";
import leftOut from "../left-out.json" with { type: "json" };
import { findChromium } from "./chromium.ts";

const { executablePath, env } = await findChromium();

const config: ViteUserConfig = defineConfig({
  root,
  // MSW's service worker must come from the root of the origin in order to see all requests of a page.
  publicDir: "node_modules/msw/lib",
  resolve: { alias },
  define: { __TRACKLET_RUNTIME__: JSON.stringify("chromium") },
  test: {
    name: "chromium",
    include: ["test/**/*.test.ts", "runtime-tests/runtime.test.ts"],
    exclude: [
      "test/live/**",
      "test/package/**",
      "**/*.local.test.ts",
      "**/*.node.test.ts",
      "**/*.page.test.ts",
      "**/*.workerd.test.ts",
      "**/node_modules/**",
      ...Object.keys(leftOut.chromium),
    ],
    setupFiles: ["./runtime-tests/setup-runtime.ts"],
    // A page holds nested timers back, so that hours of the tests' own time take seconds.
    testTimeout: 60_000,
    // As in the other runtimes: see vitest.config.ts.
    isolate: false,
    // Most of the time the pages wait for their own timers, not for the processor. With six, answers in a page came later
    // than the time of some tests allows.
    maxWorkers: 3,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath,
          // The switches of @sparticuz/chromium itself turn CORS off: they are not used.
          args: ["--no-sandbox"],
          env: { ...process.env, ...env } as Record<string, string>,
        },
      }),
      instances: [{ browser: "chromium" }],
    },
  },
});

export default config;
