import { pause } from "../client/deadline.ts";
import { acquire } from "./acquire.ts";
import type { ClaimSettings } from "./claim-options.ts";
import type { ClaimPlace } from "./claim-place.ts";
import { writeToken } from "./claim-token.ts";
import { OwnClaim } from "./held-claim.ts";
import { Lease } from "./lease.ts";
import type { ClaimResult } from "./types.ts";

/** What is not held is nothing to give back; not enumerable, as copies and comparisons mean the facts. */
function disposable<T extends object>(result: T): T & AsyncDisposable {
  return Object.defineProperty(result, Symbol.asyncDispose, { value: async () => {} }) as T & AsyncDisposable;
}

/** Claims at a place: looks, and looks again as long as `wait` says. */
export async function claimOn(place: ClaimPlace, settings: ClaimSettings): Promise<ClaimResult> {
  const { clock, random } = place;
  const { lease, wait, earlier, persist, limits } = settings;
  const acquiring = {
    patience: lease + Math.ceil(limits.timeout),
    persist: (generation: number, nonce: string) => persist(writeToken({ generation, nonce })),
    ...(earlier && { earlier }),
  };
  const begun = clock.monotonic();
  // Its timers do not keep a process alive, but somebody awaits this.
  const release = place.keepAlive();
  try {
    for (;;) {
      const got = await acquire(place, acquiring, limits);
      if (got.state === "committed") return disposable(got);
      if (got.state === "won") {
        const own = new Lease(place, got.generation, { lease, timeout: limits.timeout });
        await own.begin(limits);
        return new OwnClaim(place, own, got);
      }
      const left = wait - (clock.monotonic() - begun);
      if (left <= 0) return disposable(got);
      // Not in step with the others who wait.
      await pause(clock, Math.min(left, (lease / 8) * (0.5 + random.fraction())), limits.signal);
    }
  } finally {
    release();
  }
}
