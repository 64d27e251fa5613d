import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import tsconfig from "./tsconfig.json" with { type: "json" };

const root = fileURLToPath(new URL(".", import.meta.url));

/** `tracklet/...` in tests and examples means the sources, by the same table that the type checker reads. */
export const alias: { find: RegExp; replacement: string }[] = Object.entries(tsconfig.compilerOptions.paths).map(
  ([name, [file]]) => ({ find: new RegExp(`^${name}$`), replacement: root + String(file).slice(2) }),
);

/** Set by `npm test`: the runtime that the tests must find themselves in. */
const claimed = process.env["TRACKLET_RUNTIME"];

/** Deno and Bun run this file themselves. */
const isNode = !("Deno" in globalThis) && !("Bun" in globalThis);

const config: ViteUserConfig = defineConfig({
  resolve: { alias },
  ...(claimed === undefined ? {} : { define: { __TRACKLET_RUNTIME__: JSON.stringify(claimed) } }),
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          // No test sleeps, but a machine with other work may be slow.
          testTimeout: 20_000,
          // Loading the sources anew for each file took three quarters of the time. A file that leaves something behind
          // is wrong anyway: see CONTRIBUTING.md.
          isolate: false,
          // Many tests wait for processes of their own; vitest's default leaves one of two cores free.
          maxWorkers: "100%",
          include: [
            "test/**/*.test.ts",
            "runtime-tests/runtime.test.ts",
            // What these import comes with the runtimes, which `npm test` installs.
            ...(isNode && existsSync(`${root}runtime-tests/node_modules/arquero`)
              ? ["runtime-tests/node/*.test.ts"]
              : []),
          ],
          exclude: [
            "test/live/**",
            "test/package/**",
            "**/*.browser.test.ts",
            "**/*.page.test.ts",
            "**/*.workerd.test.ts",
            ...(isNode ? [] : ["**/*.node.test.ts"]),
            "**/node_modules/**",
          ],
          setupFiles: ["./runtime-tests/setup-runtime.ts", "fake-indexeddb/auto"],
        },
      },
    ],
  },
});

export default config;
