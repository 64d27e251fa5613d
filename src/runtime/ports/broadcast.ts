/** One's own end of a channel. */
export interface Channel {
  /** Tells all others. Plain data; what is on its way when the sender ends may be lost. */
  post(message: unknown): void;
  /** Hears and tells nothing more. */
  leave(): void;
}

/** A channel between all who share something, in this process or this origin. */
export interface Broadcast {
  /** Calls `listener` with what others post, never with what goes out by the same end. */
  join(listener: (message: unknown) => void): Channel;
}
