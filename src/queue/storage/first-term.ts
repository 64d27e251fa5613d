import { platformRandom } from "../../runtime/platform-random.ts";

/**
 * The term that a new queue starts from. By chance, as a queue that was made anew must have none of the terms of its
 * predecessor: a leader of that one would take the new queue for its own. Wall time would do unless it is set back.
 */
export function firstTerm(): number {
  return 1 + Math.floor(platformRandom.fraction() * 2 ** 48);
}
