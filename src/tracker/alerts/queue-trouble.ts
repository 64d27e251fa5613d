import type { QueueStatus } from "../../queue/types.ts";

/** What is wrong with a delivery, in words. */
export interface QueueTrouble {
  /** Undefined while nothing is. */
  readonly reason: string | undefined;
  /** Calls that are lost or kept aside: those that are known are no trouble any more. */
  readonly aside: number;
}

/** Looks at a queue; `known` is what was `aside` at the last alert. */
export function queueTrouble(status: QueueStatus, lag: number, known: number): QueueTrouble {
  const { quarantined, dropped, parked, host, problems } = status;
  const count = ({ points, requests }: { points: number; requests: number }): number => points + requests;
  const aside = count(quarantined) + count(dropped);
  const reasons = [
    host === "refused" && "the server refuses what is sent",
    count(parked) > 0 && `${count(parked)} wait for a person`,
    aside > known && `${count(quarantined)} quarantined, ${count(dropped)} dropped`,
    problems.some(({ kind }) => kind === "storage") && "the storage fails",
    // Who pauses a queue knows that it waits.
    host !== "paused" && status.lag > lag && `the oldest has waited for ${Math.round(status.lag / 1000)} s`,
  ].filter((reason) => reason !== false);
  return { reason: reasons.length > 0 ? reasons.join("; ") : undefined, aside };
}
