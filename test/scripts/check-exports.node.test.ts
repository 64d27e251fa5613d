import { describe, expect, test } from "vitest";
import { compareExports, type Manifests } from "../../scripts/check-exports.ts";

const target = (stem: string): Record<string, string> => ({
  types: `./dist/${stem}.d.ts`,
  "tracklet-source": `./${stem}.ts`,
  default: `./dist/${stem}.js`,
});

function manifests(): Manifests {
  const exports = { ".": "./src/index.ts", "./local": "./src/open/local.ts" };
  return {
    packageJson: {
      version: "1.2.3",
      exports: { ".": target("src/index"), "./local": target("src/open/local"), "./package.json": "./package.json" },
      dependencies: { ky: "^2.1.0" },
    },
    denoJson: {
      name: "@tracklet/tracklet",
      version: "1.2.3",
      exports: { ...exports },
      imports: { tracklet: exports["."], "tracklet/local": exports["./local"], ky: "npm:ky@^2.1.0" },
    },
    jsrJson: { name: "@tracklet/tracklet", version: "1.2.3", exports: { ...exports } },
    tsconfigPaths: { tracklet: [exports["."]], "tracklet/local": [exports["./local"]] },
    tsupEntry: { "src/index": "src/index.ts", "src/open/local": "src/open/local.ts" },
  };
}

type Mutable = { -readonly [K in keyof Manifests]: Record<string, never> & Manifests[K] };
const changed = (change: (m: Mutable) => void): string[] => {
  const all = structuredClone(manifests()) as Mutable;
  change(all);
  return compareExports(all).map(({ file, message }) => `${file}: ${message}`);
};

describe("compareExports", () => {
  test("compareExports() is content when all say the same", () => {
    expect(compareExports(manifests())).toEqual([]);
  });

  test.each<[string, (m: Mutable) => void, string]>([
    [
      "a form for pages that is not built",
      (m) =>
        Reflect.set(m.packageJson.exports, ".", {
          types: "./dist/src/index.d.ts",
          browser: { "tracklet-source": "./src/index.web.ts", default: "./dist/src/index.web.js" },
          "tracklet-source": "./src/index.ts",
          default: "./dist/src/index.js",
        }),
      'tsup builds no "src/index.web"',
    ],
    [
      "a form for pages that comes too late to be taken",
      (m) => {
        const browser = { "tracklet-source": "./src/index.web.ts", default: "./dist/src/index.web.js" };
        Reflect.set(m.packageJson.exports, ".", { ...target("src/index"), browser });
        Reflect.set(m.tsupEntry, "src/index.web", "src/index.web.ts");
      },
      "conditions must be types, browser, tracklet-source, default, in that order",
    ],
    [
      "an entry missing in deno.json",
      (m) => Reflect.deleteProperty(m.denoJson.exports, "./local"),
      'deno.json: export "./local" must be "./src/open/local.ts": current value is missing',
    ],
    [
      "an entry missing in jsr.json",
      (m) => Reflect.deleteProperty(m.jsrJson.exports, "./local"),
      'jsr.json: export "./local"',
    ],
    [
      "another source in jsr.json",
      (m) => Reflect.set(m.jsrJson.exports, "./local", "./src/other.ts"),
      'current value is "./src/other.ts"',
    ],
    [
      "an entry that only jsr.json has",
      (m) => Reflect.set(m.jsrJson.exports, "./more", "./src/more.ts"),
      'export "./more" is not in the exports of package.json',
    ],
    [
      "a path missing in tsconfig.json",
      (m) => Reflect.deleteProperty(m.tsconfigPaths, "tracklet/local"),
      'tsconfig.json: path "tracklet/local"',
    ],
    [
      "an import missing in deno.json",
      (m) => Reflect.deleteProperty(m.denoJson.imports, "tracklet"),
      'deno.json: import "tracklet"',
    ],
    [
      "an entry that is not built",
      (m) => Reflect.deleteProperty(m.tsupEntry, "src/index"),
      'tsup builds no "src/index"',
    ],
    ["another version", (m) => Reflect.set(m.jsrJson, "version", "1.0.0"), 'jsr.json: version must be "1.2.3"'],
    [
      "another version of a dependency",
      (m) => Reflect.set(m.denoJson.imports, "ky", "npm:ky@^1.0.0"),
      'import "ky" must be "npm:ky@^2.1.0"',
    ],
    [
      "a dependency that Deno does not get",
      (m) => Reflect.deleteProperty(m.denoJson.imports, "ky"),
      'the dependency "ky" of package.json has no import',
    ],
    [
      "types that are not first",
      (m) => Reflect.set(m.packageJson.exports, ".", Object.fromEntries(Object.entries(target("src/index")).reverse())),
      "conditions must be types, tracklet-source, default",
    ],
    [
      "a built file of another name",
      (m) => Reflect.set(m.packageJson.exports, ".", { ...target("src/index"), default: "./dist/index.js" }),
      'default must be "./dist/src/index.js"',
    ],
  ])("compareExports() finds %s", (_, change, expected) => {
    const found = changed(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});
