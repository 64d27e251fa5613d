/** Why a process or page is about to end. */
export type EndReason = (
  | { readonly kind: "exit" }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "signal"; readonly signal: string }
) & {
  /** True when nothing asynchronous runs any more, as after `process.exit()`: no promise of a listener is waited for. */
  readonly final?: boolean;
};

/** The life of the process or page that hosts a tracker. */
export interface Lifecycle {
  /** The page was hidden or frozen: what is in memory should be made durable now. Returns the way to stop. */
  onHidden(listener: () => void): () => void;
  /**
   * The process is about to end. The listener may return a promise: the end waits for it, where the platform lets it.
   * When the end cannot wait for it after all, it is told once more with `final`.
   * An uncaught error is still printed and a signal still ends the process with its usual code afterwards.
   * Listeners are attached to the platform with the first subscriber and leave with the last.
   */
  onEnd(listener: (reason: EndReason) => void | Promise<void>): () => void;
  /** Keeps the process alive until the returned function is called (no-op where a platform has no such idea). */
  keepAlive(): () => void;
}
