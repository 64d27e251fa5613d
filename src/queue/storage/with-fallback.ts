import { StorageError } from "../../errors/usage-errors.ts";
import type { QueueStorage, QueueStore } from "../storage.ts";

/**
 * A storage that is the first one, or, when that cannot be opened, the second one: for as long as it lives, unless the
 * first one only gave no answer in time, and does later. That is told once, with the reason and what it means: a training
 * goes on, and nobody takes what is in memory for safe.
 */
export function withFallback(first: QueueStorage, second: QueueStorage): QueueStorage {
  let current = first;
  let isLate = false;
  let answered: QueueStore | undefined;
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
    async answers() {
      if (isLate) answered ??= await first.open().catch(() => undefined);
      return answered;
    },
    async open(onProblem) {
      if (current === second && !answered) return second.open(onProblem);
      try {
        const store = await first.open(onProblem);
        current = first;
        return store;
      } catch (cause) {
        // Two callers fail for one reason, which is told once.
        const store = await second.open(onProblem).catch(() => {
          throw cause;
        });
        answered = undefined;
        if (current === second) return store;
        current = second;
        isLate = cause instanceof StorageError && cause.fault === "timeout";
        const why = cause instanceof Error ? cause.message : String(cause);
        const message = `Unsent data waits in memory only: what is not delivered when this ends is lost. ${why}`;
        onProblem?.({ kind: "memory-queue", message, cause });
        return store;
      }
    },
  };
}
