import type { Broadcast } from "./ports/broadcast.ts";

/** A channel between the pages and workers of the origin; undefined where there is none. */
export function webBroadcast(name: string): Broadcast | undefined {
  if (typeof BroadcastChannel === "undefined") return undefined;
  return {
    join(listener) {
      const channel = new BroadcastChannel(name);
      // In Node, Deno and Bun an open channel would keep the process alive.
      (channel as { unref?: () => void }).unref?.();
      channel.onmessage = ({ data }: MessageEvent<unknown>) => listener(data);
      return { post: (message) => channel.postMessage(message), leave: () => channel.close() };
    },
  };
}
