import { claim } from "../claims/claim.ts";
import type { HeldClaim } from "../claims/types.ts";
import type { Context } from "./context.ts";
import type { Limits } from "./requests.ts";

/** Milliseconds between two looks at most: what is waited for is an upload, not a training. */
const LOOK = 1000;

/**
 * Does what only one program at a time may do on the same ground, such as choosing the best model and removing the others.
 * At once where the plugin is not shared.
 *
 * @param name What it is about, in names of claims; not what a run is claimed by.
 * @param work Gets limits that end it when the claim is lost.
 */
export async function exclusively<P extends object, M, T>(
  context: Context<P, M>,
  name: string,
  limits: Limits,
  work: (limits: Limits) => Promise<T>,
): Promise<T> {
  const { shared = false, tracker } = context.options;
  if (shared === false) return work(limits);
  const { lease } = shared === true ? {} : shared;
  const options = { ...limits, ...(lease !== undefined && { lease }) };
  const { requests } = context;
  for (;;) {
    const got = await claim(tracker, `finetuning ${name}`, options);
    if (got.state === "held") {
      const done = await held(context, got, limits, work);
      // A lock that was lost on the way is taken again: all that is done under one goes on where it was left.
      if (done !== "lost") return done.result;
    }
    // Not in step with the others who wait.
    await requests.pause(Math.min(LOOK, (lease ?? LOOK) / 8) * (0.5 + requests.random.fraction()), limits);
  }
}

async function held<P extends object, M, T>(
  context: Context<P, M>,
  claim: HeldClaim,
  limits: Limits,
  work: (limits: Limits) => Promise<T>,
): Promise<{ readonly result: T } | "lost"> {
  try {
    return { result: await work(within(limits, claim)) };
  } catch (error) {
    if (claim.signal.aborted && !limits.signal?.aborted) return "lost";
    throw error;
  } finally {
    await giveBack(context, claim, limits);
  }
}

/** Limits that end the work when a claim is lost, too. */
export function within(limits: Limits, claim: HeldClaim | undefined): Limits {
  if (claim === undefined) return limits;
  return { ...limits, signal: limits.signal ? AbortSignal.any([limits.signal, claim.signal]) : claim.signal };
}

/** The work is done, or is not: that others wait for the lease must not hide which. */
export async function giveBack<P extends object, M>(
  context: Context<P, M>,
  claim: HeldClaim | undefined,
  { timeout }: Limits,
): Promise<void> {
  try {
    // Also when the caller has cancelled: nobody would get it sooner.
    await claim?.release(timeout === undefined ? {} : { timeout });
  } catch (error) {
    context.notice(`a claim could not be given back, so that others wait for its lease: ${String(error)}`);
  }
}
