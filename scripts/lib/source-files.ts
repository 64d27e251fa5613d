import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const SKIPPED = new Set(["node_modules", "dist", ".git", ".cache"]);

/**
 * Files under the given folders (or the named files themselves) of `base`, as sorted paths from `base` with forward
 * slashes. Folders that are not there are passed over.
 */
export function sourceFiles(
  base: string,
  places: readonly string[],
  extensions: readonly string[] = [".ts"],
): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    const absolute = join(base, path);
    if (!existsSync(absolute)) return;
    if (statSync(absolute).isDirectory()) {
      for (const entry of readdirSync(absolute)) if (!SKIPPED.has(entry)) visit(`${path}/${entry}`);
    } else if (extensions.some((extension) => path.endsWith(extension))) {
      found.push(path);
    }
  };
  for (const place of places) visit(place);
  return found.sort();
}
