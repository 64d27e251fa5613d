/** Why a process or page is about to end. */
export type EndReason = (
  | { readonly kind: "exit" }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "signal"; readonly signal: string }
) & {
  /** True when nothing asynchronous runs any more, as after `process.exit()`: no promise of a listener is waited for. */
  readonly final?: boolean;
};

/**
 * How a page went out of sight: `hidden` goes on in the background, `frozen` may be stopped in the next moment, `cached`
 * lies in the back-forward cache if nothing keeps it out, `left` is not expected to come back.
 */
export type Hiding = "hidden" | "frozen" | "cached" | "left";

/** The life of the process or page that hosts a tracker. */
export interface Lifecycle {
  /** True for a page, which may be left at any time, and for that alone. */
  readonly leaves?: boolean;
  /** True for a process, which does not end while a request is on its way. */
  readonly lingers?: boolean;
  /**
   * The page was hidden, frozen or left: what is in memory should be made durable now. Nothing that waits for a task is
   * sure to go on. Returns the way to stop.
   */
  onHidden(listener: (how: Hiding) => void): () => void;
  /**
   * A page that was frozen, or lay in the back-forward cache, goes on. Returns the way to stop. Left out by copies of the
   * library that do not know of it.
   */
  onShown?(listener: () => void): () => void;
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
