import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";

/** A bundle, measured. */
export interface BundleSize {
  /** Bytes, minified, of the entry chunk with all that it imports statically, each chunk gzipped by itself. */
  readonly gzip: number;
  /** Bytes of what is only loaded when it is needed. */
  readonly lateGzip: number;
  /** Sources and packages in the static part. */
  readonly inputs: readonly string[];
  /** Sources and packages in the rest. */
  readonly lateInputs: readonly string[];
}

/**
 * Bundles a few lines of code as an application would and measures what a page has to load before they run. Late
 * imports are apart: they cost only those who use them.
 */
export async function measureBundle(base: string, code: string): Promise<BundleSize> {
  const result = await build({
    stdin: { contents: code, resolveDir: base, sourcefile: "tracklet-entry.ts", loader: "ts" },
    absWorkingDir: base,
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["tracklet-source"],
    external: ["node:*", "cloudflare:*"],
    // Not by the table of the type checker: as an application finds the package, by the conditions of its entries.
    tsconfigRaw: {},
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const metafile = result.metafile;
  // Late imports are entry points of their own chunks: only the name tells which is ours.
  const entry = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === "tracklet-entry.ts")?.[0];
  if (entry === undefined) throw new Error("Cannot measure the bundle as it has no entry");
  const eager = staticChunks(metafile, entry);
  const contents = new Map(result.outputFiles.map((file) => [file.path, file.contents]));
  // As they go over the wire: each chunk is compressed by itself.
  const sizeOf = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + gzipSync(contents.get(join(base, name)) ?? "", { level: 9 }).length, 0);
  const all = Object.keys(metafile.outputs);
  const late = all.filter((name) => !eager.has(name));
  const inputsOf = (chunks: string[]): string[] =>
    [...new Set(chunks.flatMap((name) => contributors(metafile, name)))].sort();
  return {
    gzip: sizeOf([...eager]),
    lateGzip: sizeOf(late),
    inputs: inputsOf([...eager]),
    lateInputs: inputsOf(late),
  };
}

function staticChunks(metafile: Metafile, entry: string): Set<string> {
  const found = new Set([entry]);
  for (const name of found) {
    for (const { path, kind, external } of metafile.outputs[name]?.imports ?? []) {
      if (kind === "import-statement" && external !== true) found.add(path);
    }
  }
  return found;
}

/** Inputs with at least one byte in the chunk: what tree shaking removed is not there. */
function contributors(metafile: Metafile, chunk: string): string[] {
  return Object.entries(metafile.outputs[chunk]?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => shorten(path));
}

/** `node_modules/ky/distribution/index.js` is told as it is, whatever folder it was found in. */
function shorten(path: string): string {
  const at = path.lastIndexOf("node_modules/");
  return at === -1 ? path : join(dirname(path.slice(at)), path.slice(path.lastIndexOf("/") + 1));
}
