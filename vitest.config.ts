import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import tsconfig from "./tsconfig.json" with { type: "json" };

const root = fileURLToPath(new URL(".", import.meta.url));

/** `tracklet/...` in tests and examples means the sources, by the same table that the type checker reads. */
export const alias: { find: RegExp; replacement: string }[] = Object.entries(tsconfig.compilerOptions.paths).map(
  ([name, [file]]) => ({ find: new RegExp(`^${name}$`), replacement: root + String(file).slice(2) }),
);

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          include: ["test/**/*.test.ts", "src/**/*.test.ts"],
          exclude: ["test/live/**", "test/package/**", "**/*.browser.test.ts"],
          setupFiles: ["fake-indexeddb/auto"],
        },
      },
    ],
  },
});
