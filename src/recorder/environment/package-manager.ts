import type { RuntimeName } from "../../runtime/runtime.ts";
import type { KeptFiles } from "./kept-files.ts";
import type { Project } from "./find-project.ts";
import type { PackageManagerName, RecordedEnvironment } from "./types.ts";

const names: readonly string[] = ["npm", "deno", "bun", "yarn", "pnpm"] satisfies PackageManagerName[];

/**
 * Which package manager a project uses, from the surest sign on: what its package.json says, whose lock file lies there,
 * who started the process, which runtime it is.
 *
 * @param agent The variable `npm_config_user_agent`, such as `npm/11.1.0 node/v24.21.0`.
 */
export function packageManagerOf(
  { path }: Project,
  { files }: KeptFiles,
  lock: PackageManagerName | undefined,
  agent: string | undefined,
  runtime: RuntimeName,
): RecordedEnvironment["packageManager"] {
  const said = read(declared(files.get(path === "" ? "package.json" : `${path}/package.json`)), "@");
  const starter = read(agent?.split(" ")[0], "/");
  const name = said?.name ?? lock ?? starter?.name ?? (runtime === "deno" || runtime === "bun" ? runtime : undefined);
  if (name === undefined) return files.size > 0 ? { name: "npm" } : undefined;
  const version = [said, starter].find((one) => one?.name === name)?.version;
  return { name, ...(version !== undefined && { version }) };
}

function declared(bytes: Uint8Array | undefined): string | undefined {
  try {
    const { packageManager } = JSON.parse(new TextDecoder().decode(bytes)) as { packageManager?: unknown };
    return typeof packageManager === "string" ? packageManager : undefined;
  } catch {
    return undefined;
  }
}

function read(
  text: string | undefined,
  sign: string,
): { name: PackageManagerName; version: string | undefined } | undefined {
  const [name = "", version] = text?.split(sign) ?? [];
  if (!names.includes(name)) return undefined;
  return { name: name as PackageManagerName, version: /^\d[\w.-]*/.exec(version ?? "")?.[0] };
}
