interface NodeGlobals {
  readonly process?: {
    readonly versions?: Record<string, string | undefined>;
    readonly release?: { readonly name?: string };
  };
  readonly Deno?: unknown;
  readonly Bun?: unknown;
  readonly WebSocketPair?: unknown;
}

/** Version of Node.js, if this is it: Deno, Bun and workerd also answer to `process.versions.node`. */
export function nodeVersion(): string | undefined {
  const { process, Deno, Bun, WebSocketPair } = globalThis as NodeGlobals;
  if (Deno !== undefined || Bun !== undefined || WebSocketPair !== undefined) return undefined;
  const versions = process?.versions;
  return process?.release?.name === "node" && versions?.["v8"] !== undefined ? versions["node"] : undefined;
}
