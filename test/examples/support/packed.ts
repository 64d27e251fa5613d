import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { Packed } from "./small-registry.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Packs the folder `package` of a place, as npm does. */
async function pack(place: string, manifest: Packed["manifest"]): Promise<Packed> {
  await writeFile(join(place, "package", "package.json"), JSON.stringify(manifest));
  await run("tar", ["-czf", "packed.tgz", "package"], { cwd: place });
  return { manifest, tarball: await readFile(join(place, "packed.tgz")) };
}

/** The entries that an example uses, as a package that needs no other. */
export async function packTracklet(work: string): Promise<Packed> {
  const place = join(work, "tracklet");
  await build({
    absWorkingDir: root,
    entryPoints: { local: "src/open/local.ts", recorder: "src/recorder/index.ts" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    loader: { ".wasm": "empty" },
    outdir: join(place, "package"),
  });
  const exports = { "./local": "./local.js", "./recorder": "./recorder.js" };
  return pack(place, { name: "tracklet", version: "0.1.0", type: "module", exports });
}

/** Of vega-datasets, which has 40 MB, the one file that an example reads. */
export async function packPenguins(work: string): Promise<Packed> {
  const place = join(work, "vega-datasets");
  const folder = join(place, "package");
  const entry = fileURLToPath(import.meta.resolve("vega-datasets"));
  await mkdir(join(folder, "build"), { recursive: true });
  await mkdir(join(folder, "data"), { recursive: true });
  await copyFile(join(dirname(entry), "../data/penguins.json"), join(folder, "data/penguins.json"));
  await writeFile(join(folder, "build/index.js"), "export {};\n");
  const { version } = JSON.parse(await readFile(join(dirname(entry), "../package.json"), "utf8")) as {
    version: string;
  };
  return pack(place, { name: "vega-datasets", version, type: "module", exports: "./build/index.js" });
}
