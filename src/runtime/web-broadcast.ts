import type { Broadcast } from "./ports/broadcast.ts";

/** A channel between the pages and workers of the origin; undefined where there is none. */
export function webBroadcast(name: string): Broadcast | undefined {
  if (typeof BroadcastChannel === "undefined") return undefined;
  let channel: BroadcastChannel | undefined;
  const listeners = new Set<(message: unknown) => void>();
  const open = (): BroadcastChannel => {
    if (channel) return channel;
    channel = new BroadcastChannel(name);
    // In Node, Deno and Bun an open channel would keep the process alive.
    (channel as { unref?: () => void }).unref?.();
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      for (const listener of listeners) listener(data);
    };
    return channel;
  };
  return {
    post: (message) => open().postMessage(message),
    listen(listener) {
      open();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        channel?.close();
        channel = undefined;
      };
    },
  };
}
