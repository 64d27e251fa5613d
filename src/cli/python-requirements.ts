import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalName } from "../recorder/environment/requirements.ts";
import type { PythonPackage } from "./command-runtime.ts";

/** Files in which people name what a project needs. */
const files = /^(?:requirements[\w.-]*\.txt|pyproject\.toml|Pipfile|(?:environment|conda)\.ya?ml)$/;
/** Where names stand there: at the beginning of a line or an entry, of a text, and before an equals sign. */
const names = /(?:^[ \t]*(?:-[ \t]+)?|["'])([A-Za-z0-9][\w.-]*)/gm;
/** Characters of a file that are looked at. */
const LONGEST = 1_000_000;

/**
 * Of the packages that a command finds, those of its project: what the requirement files of a folder name, and what lies in
 * a virtual environment. An interpreter that is shared has a hundred others. As lines of a requirements.txt.
 */
export async function pythonRequirements(folder: string, found: readonly PythonPackage[]): Promise<string[]> {
  const named = new Set<string>();
  for (const file of await readdir(folder).catch(() => [])) {
    if (!files.test(file)) continue;
    const text = await readFile(join(folder, file), "utf8").catch(() => "");
    for (const [, name = ""] of text.slice(0, LONGEST).matchAll(names)) named.add(canonicalName(name));
  }
  return (
    found
      .filter(({ name, own }) => own || named.has(canonicalName(name)))
      // Each virtual environment has its own.
      .filter(({ name }) => name !== "pip")
      .map(pinned)
      .toSorted()
  );
}

/** The line of a requirements.txt that means this very version. */
export function pinned({ name, version }: Pick<PythonPackage, "name" | "version">): string {
  return `${name}==${version}`;
}
