import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";
import { runCommand } from "./run-command.ts";

const STAMP = ".installed-from";

/**
 * Installs the package of its own in a folder of the repository (`runtime-tests`, `scripts`), unless what is there
 * came from the same package.json and lock file. Says what it does and how long it took.
 */
export async function installPackage(folder: string, what: string): Promise<void> {
  const directory = join(root, folder);
  const stamp = join(directory, "node_modules", STAMP);
  const wanted = fingerprint(directory);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log(`installing ${what} into ${folder}/node_modules ...`);
  const began = Date.now();
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = await runCommand(npm, ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: directory,
    env: withoutNpmContext(),
  });
  if (result.code !== 0) throw new Error(`Cannot install ${what}: npm install in ${folder} failed:\n${result.output}`);
  writeFileSync(stamp, fingerprint(directory));
  console.log(`installed in ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

function fingerprint(directory: string): string {
  const hash = createHash("sha256");
  for (const file of ["package.json", "package-lock.json"]) {
    const path = join(directory, file);
    hash.update(existsSync(path) ? readFileSync(path) : "");
  }
  return hash.digest("hex");
}

/** What the outer `npm test` sets for its own package must not reach the inner `npm install`. */
function withoutNpmContext(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) =>
    /^npm_(package|lifecycle|command|execpath|node_execpath)|^npm_config_(local_prefix|prefix|allow_scripts)$|^INIT_CWD$/i.test(
      name,
    ),
  );
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
