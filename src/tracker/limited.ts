import type { CallOptions } from "../client/types/connection.ts";
import { TimeoutError } from "../errors/network-errors.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import { checkOptions, namesOnly } from "./check-options.ts";
import { textOf } from "./entries.ts";
import type { Core } from "./core.ts";

/**
 * Runs `body` until it settles, `signal` aborts or `timeout` ms have passed, whatever comes first; the body is told by a
 * signal of its own. The reason is what the signal says, or a `TimeoutError`.
 *
 * @param names the options of the call beside those that all have, parted by spaces; all others are refused
 */
export async function limited<T>(
  core: Pick<Core, "runtime" | "connection">,
  what: string,
  options: CallOptions | undefined,
  names: string,
  body: (options: { signal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  const known = `${names} signal timeout retry`.trim().split(" ");
  if (typeof (options ?? {}) !== "object") {
    const must = `its options must be an object with any of ${known.join(", ")}`;
    throw new ConfigurationError(`Cannot ${what} as ${must}: current value is ${textOf(options)}`);
  }
  checkOptions(options ?? {}, namesOnly(known.join(" ")));
  const { signal, timeout } = options ?? {};
  signal?.throwIfAborted();
  if (timeout === undefined) {
    if (signal === undefined) return body({});
  } else if (typeof timeout !== "number" || !(timeout >= 0)) {
    throw new RangeError(`Cannot ${what} as timeout must be milliseconds from 0: current value is ${String(timeout)}`);
  }
  const controller = new AbortController();
  let stop = (_reason: unknown): void => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = (reason) => {
      reject(reason);
      controller.abort(reason);
    };
  });
  const onAbort = (): void => stop(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const facts = { method: what, url: core.connection.trackingUri };
  const expire = (): void => stop(new TimeoutError(`Cannot ${what} as it took longer than ${timeout} ms`, facts));
  const timer =
    timeout === undefined || timeout === Number.POSITIVE_INFINITY
      ? undefined
      : core.runtime.clock.after(timeout, expire);
  try {
    return await Promise.race([body({ signal: controller.signal }), stopped]);
  } finally {
    timer?.cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}
