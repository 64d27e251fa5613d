import { formatDuration } from "../internal/format.ts";
import type { Clock } from "../runtime/ports/clock.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";

/** Milliseconds after which an answer is late enough to be spoken of. */
const LATE = 1_000;
/** The same while there was no answer at all. */
const FIRST = 250;

/** The requests of a sync, and what came of them. */
export interface SyncTraffic {
  readonly fetch: Fetch;
  /** Requests that were sent. */
  readonly sent: number;
  /** Why nothing moves, as the end of a sentence; undefined while the server answers. */
  trouble(): string | undefined;
}

/** Watches the requests to a server that is called `label`. */
export function watchTraffic(fetch: Fetch, label: string, clock: Clock): SyncTraffic {
  /** Requests on their way, with the times at which they were sent. */
  const open = new Map<Request, number>();
  let sent = 0;
  /** Tries in a row without an answer that takes or refuses the request. */
  let failures = 0;
  let answered = false;
  /** What the last of these tries brought, and when. */
  let last: { readonly status: number | undefined; readonly at: number } | undefined;

  const failed = (status?: number): void => {
    failures++;
    last = { status, at: clock.monotonic() };
  };
  const late = (): number => {
    const [oldest = clock.monotonic()] = open.values();
    return clock.monotonic() - oldest;
  };
  return {
    get sent() {
      return sent;
    },
    async fetch(request) {
      sent++;
      open.set(request, clock.monotonic());
      try {
        const response = await fetch(request);
        answered = true;
        if (response.status === 429 || response.status >= 500) failed(response.status);
        else failures = 0;
        return response;
      } catch (error) {
        failed();
        throw error;
      } finally {
        open.delete(request);
      }
    },
    trouble() {
      if (open.size > 0 && late() >= (answered || failures > 0 ? LATE : FIRST))
        return `${label} has not answered for ${formatDuration(late())}`;
      if (failures === 0 || !last) return undefined;
      const ago = `${formatDuration(clock.monotonic() - last.at)} ago`;
      const { status } = last;
      if (failures === 1) {
        const what = status === undefined ? `no answer came from ${label}` : `${label} answered ${status}`;
        return `${what} to the only try, ${ago}`;
      }
      if (status === undefined) return `no answer came from ${label} to ${failures} tries, the last ${ago}`;
      return `${label} answered ${status} to the last of ${failures} tries, ${ago}`;
    },
  };
}
