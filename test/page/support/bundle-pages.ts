import { basename } from "node:path";
import { build } from "esbuild";
import { root } from "../../../scripts/lib/root.ts";

/** Files of a site by name, such as `lab.js`. */
export type PageFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Bundles programs for pages from the sources, as an application would: what loads late are files of their own. */
export const bundlePages = (...entries: readonly string[]): Promise<PageFiles> => bundle(entries, true);

/** Bundles a service worker: all in one file, as `import()` is not allowed there. */
export const bundleServiceWorker = (entry: string): Promise<PageFiles> => bundle([entry], false);

async function bundle(entries: readonly string[], splitting: boolean): Promise<PageFiles> {
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
    logLevel: "silent",
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), new Uint8Array(contents)]));
}
