import type { Lifecycle } from "./ports/lifecycle.ts";

/** What is listened to: the window, and its document where there is one. */
interface Page extends EventTarget {
  readonly document?: EventTarget & { readonly visibilityState?: string };
}

/** Listens to events of some targets; returns the way to stop. */
function listen(
  ...events: (readonly [target: EventTarget, type: string, listener: (event: Event) => void])[]
): () => void {
  for (const [target, type, listener] of events) target.addEventListener(type, listener);
  return () => {
    for (const [target, type, listener] of events) target.removeEventListener(type, listener);
  };
}

/** The back-forward cache takes the page, or gives it back. */
function isCached(event: Event): boolean {
  return (event as PageTransitionEvent).persisted;
}

/**
 * The life of a web page. `visibilitychange` comes first and is the last thing a phone is sure to fire; `pagehide`
 * covers navigation, `freeze` a tab that the browser puts to sleep. `unload` and `beforeunload` are never used: they keep
 * pages out of the back-forward cache. No page can be held open, and leaving one is not an end that could be told from a
 * crash, so `onEnd` never fires.
 */
export function lifecycleOf(getPage: () => object): Lifecycle {
  return {
    get leaves() {
      return (getPage() as Page).document !== undefined;
    },
    onHidden(listener) {
      const page = getPage() as Page;
      const { document } = page;
      if (document === undefined) return () => {};
      return listen(
        [document, "visibilitychange", () => document.visibilityState === "hidden" && listener("hidden")],
        [document, "freeze", () => listener("frozen")],
        [page, "pagehide", (event) => listener(isCached(event) ? "cached" : "left")],
      );
    },
    onShown(listener) {
      const page = getPage() as Page;
      const { document } = page;
      if (document === undefined) return () => {};
      return listen([document, "resume", listener], [page, "pageshow", (event) => isCached(event) && listener()]);
    },
    onEnd: () => () => {},
    keepAlive: () => () => {},
  };
}

/** That of this page. */
export const pageLifecycle: Lifecycle = lifecycleOf(() => globalThis);
