/** What the platform believes about the network. A hint to probe earlier, never a reason not to send. */
export interface Online {
  /** False only where the platform is sure to be offline. */
  isOnline(): boolean;
  /** Calls `listener` when the platform says that the network is back; returns the way to stop. */
  onOnline(listener: () => void): () => void;
}
