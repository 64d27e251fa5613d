import type { Files } from "../../runtime/ports/files.ts";
import type { Project } from "./find-project.ts";
import type { KeptFiles } from "./kept-files.ts";

/** Packages that are looked at one by one, where no file lists them. */
const MOST = 3000;

/** What is installed. */
export interface Installed {
  /** Versions by name: what the project itself sees. */
  readonly direct: Record<string, string>;
  /** Versions by place, such as `node_modules/a/node_modules/b`: all of them. */
  readonly all: Record<string, string>;
}

/**
 * The packages in the node_modules of a project, or of the nearest folder above it that has one: from the list that npm
 * keeps there, else from the packages' own descriptions.
 */
export async function installedPackages({ files, directory, tree }: Project, kept: KeptFiles): Promise<Installed> {
  const none: Installed = { direct: {}, all: {} };
  for (let folder = directory; ; folder = files.join(folder, "..")) {
    const modules = files.join(folder, "node_modules");
    const stat = await files.stat(modules).catch(() => undefined);
    if (stat?.isDirectory) {
      return (await listedByNpm(files, modules)) ?? (await lookedAt(files, modules, kept));
    }
    if (folder === tree || files.join(folder, "..") === folder) return none;
  }
}

async function listedByNpm(files: Files, modules: string): Promise<Installed | undefined> {
  try {
    const list: unknown = JSON.parse(await files.readText(files.join(modules, ".package-lock.json")));
    const packages = Object.entries(Object((list as { packages?: object }).packages) as Record<string, unknown>);
    const versions = packages.flatMap(([place, one]): [string, string][] => {
      const { version } = Object(one) as { version?: unknown };
      return place.includes("node_modules/") && typeof version === "string" ? [[place, version]] : [];
    });
    const direct = versions.flatMap(([place, version]): [string, string][] => {
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place)?.[1];
      return name === undefined ? [] : [[name, version]];
    });
    return { direct: Object.fromEntries(direct), all: Object.fromEntries(versions) };
  } catch {
    return undefined;
  }
}

async function lookedAt(files: Files, modules: string, kept: KeptFiles): Promise<Installed> {
  const direct: [string, string][] = [];
  let looked = 0;
  for (const name of await packageNames(files, modules)) {
    if (++looked > MOST) {
      kept.leaveOut("versions of further packages", `${MOST} packages are looked at`);
      break;
    }
    try {
      const { version } = JSON.parse(await files.readText(files.join(modules, name, "package.json"))) as {
        version?: unknown;
      };
      if (typeof version === "string") direct.push([name, version]);
    } catch {
      // A folder without a description is no package.
    }
  }
  const all = direct.map(([name, version]) => [`node_modules/${name}`, version] as const);
  return { direct: Object.fromEntries(direct), all: Object.fromEntries(all) };
}

async function packageNames(files: Files, modules: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of await files.list(modules)) {
    if (name.startsWith(".")) continue;
    if (!name.startsWith("@")) names.push(name);
    else for (const inner of await files.list(files.join(modules, name))) names.push(`${name}/${inner.name}`);
  }
  return names;
}
