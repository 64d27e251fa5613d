import type { Online } from "./ports/online.ts";

interface Host {
  readonly navigator?: { readonly onLine?: boolean };
  readonly addEventListener?: (type: string, listener: () => void) => void;
  readonly removeEventListener?: (type: string, listener: () => void) => void;
}

/** `navigator.onLine` and the `online` event where a platform has them, otherwise always online. */
export const platformOnline: Online = {
  isOnline: () => (globalThis as Host).navigator?.onLine !== false,
  onOnline(listener) {
    const host = globalThis as Host;
    const heard = (): void => listener();
    host.addEventListener?.("online", heard);
    return () => host.removeEventListener?.("online", heard);
  },
};
