import { fnv64 } from "../internal/fnv64.ts";

/**
 * 32 hex digits for a name, the same on every machine for ever: names may hold what keys of params may not. At once and
 * without `crypto.subtle`, which pages without https lack.
 */
export function nameDigest(name: string): string {
  return fnv64(name) + fnv64(`claim ${name}`);
}
