import type { Problem } from "../types.ts";

/** Says that unsent data is in memory, why, and what that means, so that nobody takes it for safe. */
export function memoryOnly(cause: unknown): Problem {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `Unsent data waits in memory only: what is not delivered when this ends is lost. ${why}`;
  return { kind: "memory-queue", message, cause };
}
