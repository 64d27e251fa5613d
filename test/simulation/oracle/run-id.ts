import type { Chance } from "../world/chance.ts";

/** 32 hex digits. */
export function newRunId(chance: Chance): string {
  return Array.from({ length: 32 }, () => chance.int(0, 15).toString(16)).join("");
}
