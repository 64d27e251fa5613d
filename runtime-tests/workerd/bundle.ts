import { existsSync, readdirSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "../../scripts/lib/root.ts";
import tsconfig from "../../tsconfig.json" with { type: "json" };

const here = join(root, "runtime-tests", "workerd");

/** The tests as one module, and the way back from its lines to the sources. */
export interface TestBundle {
  readonly script: string;
  /** A stack trace of the bundle with the places in the sources instead. */
  mapStack(text: string): string;
}

/** One module with every test file in it, each evaluated only when it is asked for. */
export async function bundleTests(files: readonly string[]): Promise<TestBundle> {
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
    sourcemap: "external",
    outfile: join(root, "tests.js"),
    logLevel: "silent",
    define: { __TRACKLET_RUNTIME__: JSON.stringify("workerd"), "import.meta.url": JSON.stringify("file:///tests.js") },
    external: ["node:*", "cloudflare:*", "*/sqlite3.wasm"],
    alias: aliases(),
    plugins: [testFiles(files), golden(), precompiledSqlite(), missingFiles()],
  });
  const text = (end: string): string => result.outputFiles.find((file) => file.path.endsWith(end))?.text ?? "";
  const map = new SourceMap(JSON.parse(text(".map")));
  return {
    script: text(".js"),
    mapStack: (stack) =>
      stack.replace(/\(?[^\s(]*tests\.js:(\d+):(\d+)\)?/g, (whole, line, column) => {
        const origin = map.findOrigin(Number(line), Number(column));
        return "fileName" in origin ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : whole;
      }),
  };
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

/** The recorded steps of a real MLflow, as texts by their path, as workerd has no files. */
function golden(): Plugin {
  return {
    name: "golden",
    setup(context) {
      const folder = join(root, "test", "golden");
      context.onResolve({ filter: /^virtual:golden$/ }, ({ path }) => ({ path, namespace: "golden" }));
      context.onLoad({ filter: /.*/, namespace: "golden" }, () => {
        const names = readdirSync(join(folder, "scenarios")).sort();
        const paths = ["allowed.json", ...names.flatMap((name) => [`scenarios/${name}`, `recordings/3.17.2/${name}`])];
        const texts = paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]);
        return { contents: JSON.stringify(Object.fromEntries(texts)), loader: "json" };
      });
    },
  };
}

/** A file that is not there fails the tests that need it, as elsewhere, not the whole bundle. */
function missingFiles(): Plugin {
  return {
    name: "missing-files",
    setup(context) {
      context.onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) =>
        existsSync(join(resolveDir, path)) ? undefined : { path: join(resolveDir, path), namespace: "missing" },
      );
      context.onLoad({ filter: /.*/, namespace: "missing" }, ({ path }) => ({
        contents: `throw new Error(${JSON.stringify(`Cannot find module "${relative(root, path)}"`)});\nmodule.exports = {};`,
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
