import type { Lifecycle } from "./ports/lifecycle.ts";

/** Other copies of the library, of other versions too, look here: what is kept has the methods of `Lifecycle`. */
const place = Symbol.for("tracklet.lifecycle");

/**
 * The one lifecycle of this process, made by the copy of the library that asks first. Two that listen would each take
 * the other's listener for the program's own, and neither would end the process after an error or Ctrl-C.
 */
export function sharedLifecycle(make: () => Lifecycle): Lifecycle {
  const host = globalThis as { [place]?: Lifecycle };
  const known = host[place];
  if (known !== undefined) return known;
  const value = make();
  Object.defineProperty(host, place, { value });
  return value;
}
