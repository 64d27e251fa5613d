import { fnv64 } from "../internal/fnv64.ts";

/**
 * 32 hex digits for a name, the same on every machine for ever: names may hold what keys of params may not. At once and
 * without `crypto.subtle`, which pages without https lack.
 */
export function nameDigest(name: string): string {
  return fnv64(name) + fnv64(`claim ${name}`);
}

/**
 * Which of 64 lock runs a name belongs to, as two hex digits of its digest. The last ones tell: the first ones of this hash
 * hardly change for names that differ at their end, such as numbered ones.
 */
export function shardOf(digest: string): string {
  return (Number.parseInt(digest.slice(-4), 16) % 64).toString(16).padStart(2, "0");
}
