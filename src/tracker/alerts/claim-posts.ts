import { fnv64 } from "../../internal/fnv64.ts";
import type { Core } from "../core.ts";

/** What each tracker is at, where it has no locks to say so with. */
const own = new WeakMap<Core, Set<string>>();

/**
 * Takes over the posts of a rule of a run, and gives the way to let go of them; undefined while another tracker, tab or
 * process that lives is at them. All who share a queue's place or a local store agree on it.
 */
export async function claimPosts(core: Core, run: string, rule: string): Promise<(() => void) | undefined> {
  const name = `alert-posts-${fnv64(`${run} ${rule}`)}`;
  const claimed = own.get(core) ?? new Set();
  own.set(core, claimed);
  if (claimed.has(name)) return undefined;
  claimed.add(name);
  const none = (): void => {};
  const locks = core.locks ?? (await core.queue.locks().catch(() => undefined));
  const release = locks === undefined ? none : await locks.acquire(name, { once: true }).catch(() => none);
  if (release === undefined) {
    claimed.delete(name);
    return undefined;
  }
  return () => {
    claimed.delete(name);
    release();
  };
}
