import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "../../../scripts/lib/root.ts";

/** Files of a site by name, such as `lab.js`. */
export type PageFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Bundles programs for pages from the sources, as an application would: what loads late are files of their own. */
export const bundlePages = (...entries: readonly string[]): Promise<PageFiles> => bundle(entries, true);

/** The same as a next version will be: its database has another version number, and is upgraded by `pretendUpgrade`. */
export async function bundleNextVersion(entry: string): Promise<PageFiles> {
  const files = await bundle([entry], false, [nextVersion]);
  return new Map([...files].map(([name, content]) => [`next-${name}`, content]));
}

/** Bundles a service worker: all in one file, as `import()` is not allowed there. */
export const bundleServiceWorker = (entry: string): Promise<PageFiles> => bundle([entry], false);

const nextVersion: Plugin = {
  name: "next version",
  setup(own) {
    own.onLoad({ filter: /indexed-db-(?:schema|connection)\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text
        .replace(/(export const SCHEMA_VERSION = )(\d+);/, "$1$2 + 1;")
        .replace(
          "upgrade(database, before);",
          "upgrade(database, before); globalThis.pretendUpgrade(transaction, before);",
        );
      if (contents === text) throw new Error(`Cannot pretend a next version in ${path}: what is replaced is not there`);
      return { contents, loader: "ts" };
    });
  },
};

async function bundle(entries: readonly string[], splitting: boolean, plugins: Plugin[] = []): Promise<PageFiles> {
  const { outputFiles } = await build({
    entryPoints: [...entries],
    absWorkingDir: root,
    bundle: true,
    splitting,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["tracklet-source"],
    loader: { ".wasm": "file" },
    outdir: "out",
    write: false,
    plugins,
    logLevel: "silent",
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), new Uint8Array(contents)]));
}
