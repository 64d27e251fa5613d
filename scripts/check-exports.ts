/** Every place that lists the package's entries must list the same ones. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";

/** One entry of package.json's `exports`. */
export interface ExportTarget {
  readonly types?: string;
  /** The same names without the code of Node, Deno and Bun, for bundlers that build a page. */
  readonly browser?: Omit<ExportTarget, "types" | "browser">;
  readonly "tracklet-source"?: string;
  readonly default?: string;
}

/** The files that are compared, as they are parsed. */
export interface Manifests {
  readonly packageJson: {
    readonly version: string;
    readonly exports: Readonly<Record<string, string | ExportTarget>>;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
  };
  readonly denoJson: JsrManifest & { readonly imports: Readonly<Record<string, string>> };
  readonly jsrJson: JsrManifest;
  readonly tsconfigPaths: Readonly<Record<string, readonly string[]>>;
  readonly tsupEntry: Readonly<Record<string, string>>;
}

interface JsrManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
}

const SOURCE_FIRST = ["tracklet-source", "default"];

/** All differences between the export maps. */
export function compareExports(manifests: Manifests): Problem[] {
  const { packageJson, denoJson, jsrJson, tsconfigPaths, tsupEntry } = manifests;
  const problems: Problem[] = [];
  const say = (file: string, message: string): void => void problems.push({ file, message });
  const sources = new Map<string, string>();
  for (const [subpath, target] of Object.entries(packageJson.exports)) {
    if (typeof target === "string") continue;
    sources.set(subpath, target["tracklet-source"] ?? "");
    for (const message of faultsOf(target, tsupEntry)) say("package.json", `exports "${subpath}": ${message}`);
  }

  const expectSame = (
    file: string,
    what: string,
    wanted: ReadonlyMap<string, string>,
    found: ReadonlyMap<string, string>,
  ): void => {
    for (const [key, source] of wanted) {
      const other = found.get(key);
      if (other !== source)
        say(
          file,
          `${what} "${key}" must be "${source}": current value is ${other === undefined ? "missing" : `"${other}"`}`,
        );
    }
    for (const key of found.keys())
      if (!wanted.has(key)) say(file, `${what} "${key}" is not in the exports of package.json`);
  };
  const names = new Map([...sources].map(([subpath, source]) => [`tracklet${subpath.slice(1)}`, source]));
  const own = (name: string): boolean => name === "tracklet" || name.startsWith("tracklet/");
  expectSame("deno.json", "export", sources, new Map(Object.entries(denoJson.exports)));
  expectSame("jsr.json", "export", sources, new Map(Object.entries(jsrJson.exports)));
  expectSame("deno.json", "import", names, new Map(Object.entries(denoJson.imports).filter(([name]) => own(name))));
  expectSame(
    "tsconfig.json",
    "path",
    names,
    new Map(Object.entries(tsconfigPaths).map(([name, [file]]) => [name, String(file)])),
  );

  for (const [file, manifest] of [
    ["deno.json", denoJson],
    ["jsr.json", jsrJson],
  ] as const) {
    if (manifest.version !== packageJson.version) {
      say(file, `version must be "${packageJson.version}" as in package.json: current value is "${manifest.version}"`);
    }
    if (manifest.name !== "@tracklet/tracklet")
      say(file, `name must be "@tracklet/tracklet": current value is "${manifest.name}"`);
  }
  return [...problems, ...compareDependencies(packageJson, denoJson.imports, own)];
}

function faultsOf(target: ExportTarget, tsupEntry: Readonly<Record<string, string>>): string[] {
  const faults: string[] = [];
  const { browser } = target;
  const conditions = ["types", ...(browser ? ["browser"] : []), ...SOURCE_FIRST];
  if (
    Object.keys(target).join() !== conditions.join() ||
    (browser && Object.keys(browser).join() !== SOURCE_FIRST.join())
  )
    faults.push(`conditions must be ${conditions.join(", ")}, in that order`);
  for (const form of browser ? [target, browser] : [target]) {
    const stem = stemOf(form);
    if (form.default !== `./dist/${stem}.js`)
      faults.push(`default must be "./dist/${stem}.js": current value is "${form.default}"`);
    if (tsupEntry[stem] !== `${stem}.ts`) faults.push(`tsup builds no "${stem}"`);
  }
  // Both forms have the same names, so that they share their types.
  if (target.types !== `./dist/${stemOf(target)}.d.ts`)
    faults.push(`types must be "./dist/${stemOf(target)}.d.ts": current value is "${target.types}"`);
  return faults;
}

function stemOf(form: ExportTarget): string {
  return (form["tracklet-source"] ?? "").replace(/^\.\//, "").replace(/\.ts$/, "");
}

/** A Deno or JSR user must get the versions that the npm user gets. */
function compareDependencies(
  packageJson: Manifests["packageJson"],
  imports: Readonly<Record<string, string>>,
  own: (name: string) => boolean,
): Problem[] {
  const problems: Problem[] = [];
  const known = { ...packageJson.peerDependencies, ...packageJson.devDependencies, ...packageJson.dependencies };
  for (const [name, target] of Object.entries(imports)) {
    if (own(name)) continue;
    const wanted = known[name];
    const expected = `npm:${name}@${wanted}`;
    const exact = `npm:${name}@^${wanted}`;
    if (wanted === undefined)
      problems.push({ file: "deno.json", message: `import "${name}" is no dependency in package.json` });
    else if (target !== expected && target !== exact) {
      problems.push({
        file: "deno.json",
        message: `import "${name}" must be "${expected}" as in package.json: current value is "${target}"`,
      });
    }
  }
  for (const name of Object.keys(packageJson.dependencies ?? {})) {
    if (imports[name] === undefined)
      problems.push({ file: "deno.json", message: `the dependency "${name}" of package.json has no import` });
  }
  return problems;
}

/** Reads the files below `base`. */
export async function checkExports(base: string): Promise<Problem[]> {
  const read = (file: string): never => JSON.parse(readFileSync(join(base, file), "utf8")) as never;
  const packageJson: Manifests["packageJson"] = read("package.json");
  const { entry } = (await import("../tsup.config.ts")) as { entry: Record<string, string> };
  const tsconfig: { compilerOptions: { paths: Record<string, string[]> } } = read("tsconfig.json");
  const problems = compareExports({
    packageJson,
    denoJson: read("deno.json"),
    jsrJson: read("jsr.json"),
    tsconfigPaths: tsconfig.compilerOptions.paths,
    tsupEntry: entry,
  });
  for (const source of Object.values(entry)) {
    if (!existsSync(join(base, source)))
      problems.push({ file: "package.json", message: `the source "${source}" does not exist` });
  }
  return problems;
}

if (import.meta.main) reportProblems("exports", await checkExports(root));
