import { defineConfig } from "tsup";
import manifest from "./package.json" with { type: "json" };

/** Built file without extension, from `dist/`, to its source: read from the export map, so that the two cannot differ. */
export const entry: Record<string, string> = Object.fromEntries([
  ...Object.values(manifest.exports).flatMap((target) => {
    if (typeof target === "string") return [];
    const forms = "browser" in target ? [target, target.browser] : [target];
    return forms.map((form) => [builtName(form.default), form["tracklet-source"].slice(2)]);
  }),
  ...Object.values(manifest.bin).map((file) => [builtName(file), `${builtName(file)}.ts`]),
]);

function builtName(file: string): string {
  return file.replace(/^\.\/dist\//, "").replace(/\.js$/, "");
}

const config: ReturnType<typeof defineConfig> = defineConfig({
  entry,
  format: "esm",
  outDir: "dist",
  target: "es2022",
  platform: "neutral",
  splitting: true,
  sourcemap: true,
  // Declarations come from tsc: TypeScript 7 has no compiler API for tsup to ask.
  dts: false,
  clean: false,
  external: [/^node:/, /^cloudflare:/],
  esbuildOptions(options) {
    options.chunkNames = "chunks/[name]-[hash]";
  },
});

export default config;
