interface BunGlobals {
  readonly Bun?: { readonly version?: string; readonly revision?: string };
  readonly process?: { readonly versions?: Record<string, string | undefined> };
}

/** Version of Bun, if this is it. */
export function bunVersion(): string | undefined {
  const { Bun, process } = globalThis as BunGlobals;
  return Bun?.revision !== undefined && process?.versions?.["webkit"] !== undefined ? Bun.version : undefined;
}
