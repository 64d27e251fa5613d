import { nodeSpawn } from "../runtime/node-spawn.ts";

/** A Python package that a command finds. */
export interface PythonPackage {
  readonly name: string;
  readonly version: string;
  /** It lies in a virtual environment, not in the interpreter that all projects share. */
  readonly own: boolean;
}

/** What runs a command, and which Python packages it finds. */
export interface CommandRuntime {
  readonly runtime?: { readonly name: string; readonly version: string };
  readonly python?: readonly PythonPackage[];
}

const question = `
import importlib.metadata as m, json, os, platform, sys
def own(d):
    place = os.path.realpath(str(d.locate_file("")))
    return sys.prefix != sys.base_prefix and place.startswith(os.path.realpath(sys.prefix) + os.sep)
print(platform.python_version())
for d in m.distributions():
    try: print(json.dumps([d.metadata["Name"], d.version, own(d)]))
    except Exception: pass
`;

/** Asks a known runtime for its version, and Python for its packages; empty for any other command. */
export async function commandRuntime([command = ""]: readonly string[]): Promise<CommandRuntime> {
  const [, name] = /(?:^|[\\/])(node|deno|bun|python)[\d.]*(?:\.exe)?$/.exec(command) ?? [];
  if (name === undefined) return {};
  const isPython = name === "python";
  const result = await nodeSpawn(command, isPython ? ["-c", question] : ["--version"], { timeout: 10_000 });
  if (result?.code !== 0) return {};
  const [first = "", ...lines] = new TextDecoder().decode(result.stdout).trim().split(/\r?\n/);
  const version = /\d+(?:\.\d+)+/.exec(first)?.[0];
  if (version === undefined) return {};
  return { runtime: { name, version }, ...(isPython && { python: lines.flatMap(readPackage) }) };
}

function readPackage(line: string): PythonPackage[] {
  try {
    const [name, version, own] = JSON.parse(line) as unknown[];
    if (typeof name !== "string" || typeof version !== "string") return [];
    return /^[\w.-]+$/.test(name) && /^[^\s,;@]+$/.test(version) ? [{ name, version, own: own === true }] : [];
  } catch {
    return [];
  }
}
