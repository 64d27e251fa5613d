interface WorkerdGlobals {
  readonly WebSocketPair?: unknown;
  readonly HTMLRewriter?: unknown;
  readonly navigator?: { readonly userAgent?: string };
  readonly trackletWorkerdVersion?: string;
}

/** Version of workerd, if this is it. The runtime does not tell its version; the one that starts it passes it on. */
export function workerdVersion(): string | undefined {
  const { WebSocketPair, HTMLRewriter, navigator, trackletWorkerdVersion } = globalThis as WorkerdGlobals;
  if (WebSocketPair === undefined || HTMLRewriter === undefined) return undefined;
  return navigator?.userAgent === "Cloudflare-Workers" ? (trackletWorkerdVersion ?? "of unknown version") : undefined;
}
