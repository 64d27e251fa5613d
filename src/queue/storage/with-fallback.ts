import type { QueueStorage } from "../storage.ts";

/**
 * A storage that is the first one, or, when that cannot be opened, the second one for as long as it lives. That is told
 * once, with the reason and what it means: a training goes on, and nobody takes what is in memory for safe.
 */
export function withFallback(first: QueueStorage, second: QueueStorage): QueueStorage {
  let current = first;
  return {
    get name() {
      return current.name;
    },
    get durable() {
      return current.durable;
    },
    holds: () => current.holds?.() ?? true,
    room: async () => current.room?.(),
    prepare: async () => current.prepare?.(),
    openNow: () => current.openNow?.(),
    async open(onProblem) {
      if (current === second) return second.open(onProblem);
      try {
        return await first.open(onProblem);
      } catch (cause) {
        // Two callers fail for one reason, which is told once.
        const store = await second.open(onProblem).catch(() => {
          throw cause;
        });
        if (current === second) return store;
        current = second;
        const why = cause instanceof Error ? cause.message : String(cause);
        const message = `Unsent data waits in memory only: what is not delivered when this ends is lost. ${why}`;
        onProblem?.({ kind: "memory-queue", message, cause });
        return store;
      }
    },
  };
}
