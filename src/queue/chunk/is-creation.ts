import type { ChunkKind } from "./request.ts";

/** True for what must not be repeated blindly, and what all that follows needs. */
export function isCreation(kind: ChunkKind): kind is "create" | "model" {
  return kind === "create" || kind === "model";
}
