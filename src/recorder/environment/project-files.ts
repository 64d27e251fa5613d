import type { KeptFiles } from "./kept-files.ts";
import type { Project } from "./find-project.ts";
import type { PackageManagerName } from "./types.ts";

/** Lock files, by who writes them; the first that is there counts. */
const locks: readonly (readonly [name: string, manager: PackageManagerName])[] = [
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["deno.lock", "deno"],
];
const others = [
  "package.json",
  "deno.json",
  "deno.jsonc",
  "pnpm-workspace.yaml",
  "tsconfig.json",
  ".nvmrc",
  ".node-version",
  ".python-version",
  "requirements.txt",
  "environment.yml",
  "conda.yaml",
  "pyproject.toml",
  "uv.lock",
];
/** Files that say how packages are got, and that hold secrets. */
const settings = [".npmrc", ".yarnrc.yml", "bunfig.toml"];

/** Keeps what says which packages a project has. Gives the manager of its lock file. */
export async function keepProjectFiles(project: Project, kept: KeptFiles): Promise<PackageManagerName | undefined> {
  const { path } = project;
  const at = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);
  for (const name of others) await kept.add(at(path, name));
  for (const name of settings) await kept.add(at(path, name));
  // A workspace has one lock file at its root, with the package.json that names its members.
  for (let folder = path; ; folder = folder.replace(/\/?[^/]*$/, "")) {
    let manager: PackageManagerName | undefined;
    for (const [name, by] of locks) if (await kept.add(at(folder, name))) manager ??= by;
    if (manager !== undefined) {
      if (folder !== path) await kept.add(at(folder, "package.json"));
      return manager;
    }
    if (folder === "") return undefined;
  }
}
