interface DenoGlobals {
  readonly Deno?: {
    readonly version?: { readonly deno?: string; readonly v8?: string };
    readonly build?: { readonly os?: string };
  };
}

/** Version of Deno, if this is it. */
export function denoVersion(): string | undefined {
  const { Deno } = globalThis as DenoGlobals;
  return Deno?.version?.v8 !== undefined && Deno.build?.os !== undefined ? Deno.version.deno : undefined;
}
