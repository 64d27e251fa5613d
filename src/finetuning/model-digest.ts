import { canonicalText } from "./canonical-text.ts";
import type { ModelFiles } from "./serializer.ts";
import { sha256 } from "./sha256.ts";

/** One SHA-256 for all files of a model: of the canonical text of their paths and their own SHA-256. */
export async function modelDigest(files: ModelFiles): Promise<string> {
  const what = "tell whether a model is whole";
  const parts = await Promise.all([...files].map(async ([path, bytes]) => [path, await sha256(bytes, what)] as const));
  return sha256(new TextEncoder().encode(canonicalText(Object.fromEntries(parts))), what);
}
