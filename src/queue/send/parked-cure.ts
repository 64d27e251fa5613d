/** What a program does about a run that waits for a person. */
export const parkedCure = "queue.resume() tries again, queue.discardRun() drops it";
