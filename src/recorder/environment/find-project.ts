import { ConfigurationError } from "../../errors/usage-errors.ts";
import { type GitHead, gitHead } from "../../runtime/git-head.ts";
import type { Files } from "../../runtime/ports/files.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { EnvironmentOptions } from "./types.ts";

/** Where the code of a recording lies. */
export interface Project {
  readonly files: Files;
  /** The folder with the package.json or deno.json. */
  readonly directory: string;
  /** The folder that all paths begin at: git's working tree around the project, else the project. */
  readonly tree: string;
  /** The project's folder in the tree, with `/`. */
  readonly path: string;
  readonly head: GitHead;
}

const manifests = ["package.json", "deno.json", "deno.jsonc"];
/** Folders above a script in which its project is looked for. */
const DEPTH = 30;

/**
 * The project of the script that runs, or of a folder; undefined where there are no files.
 *
 * @throws ConfigurationError for a folder that is none.
 */
export async function findProject(
  { files, environment }: Runtime,
  { directory: given }: Pick<EnvironmentOptions, "directory">,
): Promise<Project | undefined> {
  if (files === undefined) return undefined;
  const start = given === undefined ? startOf(environment.entry(), environment.directory()) : files.resolve(given);
  if (start === undefined) return undefined;
  if (given !== undefined && !(await files.stat(start))?.isDirectory) {
    throw new ConfigurationError(`Cannot keep the environment of "${start}" as it must be a folder`);
  }
  const found = given === undefined ? await folderOf(files, start) : start;
  const directory = found ?? environment.directory() ?? start;
  const head = headOf(files, directory);
  const tree = head.commit === undefined ? directory : (head.root ?? directory);
  return { files, directory, tree, path: insideOf(tree, directory) ?? "", head };
}

/** A path below a folder, with `/`; empty for the folder itself, undefined for one that is not inside. */
export function insideOf(folder: string, path: string): string | undefined {
  const [outer, inner] = [folder, path].map((one) => one.replaceAll("\\", "/").replace(/\/$/, "")) as [string, string];
  if (inner === outer) return "";
  return inner.startsWith(`${outer}/`) ? inner.slice(outer.length + 1) : undefined;
}

/** What runs a script, such as a test runner, lies in node_modules and is no project. */
function startOf(entry: string | undefined, directory: string | undefined): string | undefined {
  const isScript =
    entry !== undefined && /^(?:[\\/]|[A-Za-z]:[\\/])/.test(entry) && !/[\\/]node_modules[\\/]/.test(entry);
  return isScript ? entry.replace(/[\\/][^\\/]*$/, "") : directory;
}

async function folderOf(files: Files, start: string): Promise<string | undefined> {
  let folder = start;
  for (let depth = 0; depth < DEPTH; depth++) {
    for (const name of manifests) {
      if ((await files.stat(files.join(folder, name)))?.isFile) return folder;
    }
    const above = files.join(folder, "..");
    if (above === folder) return undefined;
    folder = above;
  }
  return undefined;
}

function headOf(files: Files, directory: string): GitHead {
  try {
    return gitHead(files, directory);
  } catch {
    return {};
  }
}
