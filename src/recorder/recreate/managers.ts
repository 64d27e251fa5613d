/** What a package manager needs. */
export interface Manager {
  /** Its lock files, the surest first. */
  readonly locks: readonly string[];
  /** Installs exactly what a lock file says. */
  readonly locked: Readonly<Record<string, string>>;
  /** Installs what the versions in package.json allow. */
  readonly loose: string;
  /** How its runtime begins a script. */
  readonly start: readonly string[];
}

export const managers: Readonly<Record<"npm" | "deno" | "bun", Manager>> = {
  npm: {
    locks: ["package-lock.json", "npm-shrinkwrap.json"],
    locked: { "package-lock.json": "npm ci", "npm-shrinkwrap.json": "npm ci" },
    loose: "npm install",
    start: ["node"],
  },
  deno: {
    // Deno and Bun take npm's lock file over when they have none of their own.
    locks: ["deno.lock", "package-lock.json"],
    locked: { "deno.lock": "deno install --frozen", "package-lock.json": "deno install" },
    loose: "deno install",
    start: ["deno", "run", "-A"],
  },
  bun: {
    locks: ["bun.lock", "bun.lockb", "package-lock.json"],
    locked: {
      "bun.lock": "bun install --frozen-lockfile",
      "bun.lockb": "bun install --frozen-lockfile",
      "package-lock.json": "bun install",
    },
    loose: "bun install",
    start: ["bun"],
  },
};

/** Files by which version managers know the version of a runtime. */
export const versionFiles: Readonly<Record<string, string>> = {
  node: ".nvmrc",
  deno: ".dvmrc",
  bun: ".bun-version",
};
