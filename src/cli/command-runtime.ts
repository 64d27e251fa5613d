import { nodeSpawn } from "../runtime/node-spawn.ts";

/** What runs a command, and which Python packages it has. */
export interface CommandRuntime {
  readonly runtime?: { readonly name: string; readonly version: string };
  /** Lines of a requirements.txt. */
  readonly python?: readonly string[];
}

const packages = `
import importlib.metadata as m, platform
print("python==" + platform.python_version())
for d in m.distributions(): print(d.metadata["Name"] + "==" + d.version)
`;

/** Asks a known runtime for its version, and Python for its packages; empty for any other command. */
export async function commandRuntime([command = ""]: readonly string[]): Promise<CommandRuntime> {
  const [, name] = /(?:^|[\\/])(node|deno|bun|python)[\d.]*(?:\.exe)?$/.exec(command) ?? [];
  if (name === undefined) return {};
  const isPython = name === "python";
  const result = await nodeSpawn(command, isPython ? ["-c", packages] : ["--version"], { timeout: 10_000 });
  if (result?.code !== 0) return {};
  const lines = new TextDecoder().decode(result.stdout).trim().split(/\r?\n/);
  const version = /\d+(?:\.\d+)+/.exec(lines[0] ?? "")?.[0];
  if (version === undefined) return {};
  return {
    runtime: { name, version },
    ...(isPython && { python: lines.filter((line) => /^[\w.-]+==\S+$/.test(line)) }),
  };
}
