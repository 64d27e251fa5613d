import type { Lifecycle } from "./ports/lifecycle.ts";

interface Page extends EventTarget {
  readonly document?: EventTarget & { readonly visibilityState?: string };
}

/**
 * The life of a web page. `visibilitychange` comes first and is the last thing a phone is sure to fire; `pagehide`
 * covers navigation. `unload` is never used: it keeps pages out of the back-forward cache. No page can be held open,
 * and leaving one is not an end that could be told from a crash, so `onEnd` never fires.
 */
export const pageLifecycle: Lifecycle = {
  onHidden(listener) {
    const page = globalThis as unknown as Page;
    const { document } = page;
    if (document === undefined) return () => {};
    const changed = (): void => {
      if (document.visibilityState === "hidden") listener();
    };
    const left = (): void => listener();
    document.addEventListener("visibilitychange", changed);
    page.addEventListener("pagehide", left);
    return () => {
      document.removeEventListener("visibilitychange", changed);
      page.removeEventListener("pagehide", left);
    };
  },
  onEnd: () => () => {},
  keepAlive: () => () => {},
};
