/** Tells all others, in this process or origin, who joined the same channel; never oneself. */
export interface Broadcast {
  /** Plain data. What is on its way when the sender ends may be lost. */
  post(message: unknown): void;
  /** Calls `listener` with what others post; returns the way to stop. */
  listen(listener: (message: unknown) => void): () => void;
}
