import { nextTask } from "../runtime/next-task.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";

/**
 * A server in this process answers without ever leaving the thread: a drain of a long backlog would be one long task,
 * in which no timer, no signal and no input gets its turn. So every request lets the platform take its turn first.
 */
export function takeTurns(fetch: Fetch): Fetch {
  return async (request) => {
    await new Promise<void>(nextTask);
    return fetch(request);
  };
}
