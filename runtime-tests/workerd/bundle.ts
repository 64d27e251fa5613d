import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "../../scripts/lib/root.ts";
import tsconfig from "../../tsconfig.json" with { type: "json" };

const here = join(root, "runtime-tests", "workerd");

/** One module with every test file in it, each evaluated only when it is asked for. */
export async function bundleTests(files: readonly string[]): Promise<string> {
  const result = await build({
    entryPoints: [join(here, "worker.ts")],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import", "default"],
    sourcemap: "inline",
    logLevel: "silent",
    define: { __TRACKLET_RUNTIME__: JSON.stringify("workerd"), "import.meta.url": JSON.stringify("file:///tests.js") },
    external: ["node:*", "cloudflare:*", "*/sqlite3.wasm"],
    alias: aliases(),
    plugins: [testFiles(files), precompiledSqlite()],
  });
  return result.outputFiles[0]?.text ?? "";
}

function aliases(): Record<string, string> {
  const sources = Object.entries(tsconfig.compilerOptions.paths).map(([name, [file]]) => [
    name,
    join(root, String(file)),
  ]);
  return {
    ...Object.fromEntries(sources),
    vitest: join(here, "vitest.ts"),
  };
}

function testFiles(files: readonly string[]): Plugin {
  const lines = files.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(root, file))}),`);
  return {
    name: "test-files",
    setup(context) {
      context.onResolve({ filter: /^virtual:test-files$/ }, ({ path }) => ({ path, namespace: "virtual" }));
      context.onLoad({ filter: /.*/, namespace: "virtual" }, () => ({
        // IndexedDB is not part of workerd: the tests of that storage run on the same stand-in as in Node.
        contents: `import "fake-indexeddb/auto";\nexport default {\n${lines.join("\n")}\n};`,
        resolveDir: root,
      }));
    },
  };
}

function precompiledSqlite(): Plugin {
  const own = join(here, "sqlite-wasm.ts");
  const original = join(root, "node_modules", "@sqlite.org", "sqlite-wasm", "dist", "index.mjs");
  return {
    name: "precompiled-sqlite",
    setup(context) {
      context.onResolve({ filter: /^@sqlite\.org\/sqlite-wasm$/ }, ({ importer }) => ({
        path: importer === own ? original : own,
      }));
    },
  };
}

/** SQLite as WebAssembly, as the module that the bundle imports. */
export function sqliteWasm(): Uint8Array {
  return readFileSync(join(root, "node_modules", "@sqlite.org", "sqlite-wasm", "dist", "sqlite3.wasm"));
}
