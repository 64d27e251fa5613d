import { type Compat, current } from "../src/server/compat.ts";

/** An MLflow release as it is in the field, faults included. */
export type MlflowRelease = "2.22" | "3.6" | "3.17";

/**
 * 2.22.5: no CORS, no paging of histories, and a batch that was stored already may be refused.
 * 3.6: a batch that was stored may be refused, and a history asked for without `max_results` never ends.
 * 3.17.2: reads a chunked JSON body as empty.
 */
const releases: Readonly<Record<MlflowRelease, Compat>> = {
  "2.22": {
    ...current,
    version: "2.22.5",
    release2: true,
    resentNanRefused: true,
    resentKeysRefused: true,
    historyUnpaged: true,
    anyOrigin: true,
  },
  "3.6": {
    ...current,
    version: "3.6.0",
    resentNanRefused: true,
    resentKeysRefused: true,
    historyTokenStuck: true,
    chunkedBodyLost: true,
  },
  "3.17": { ...current, version: "3.17.2", chunkedBodyLost: true },
};

/** How the embedded server answers for a mock; without a release as it does by itself, with no known fault. */
export function compatOf(release: MlflowRelease | undefined): Compat {
  if (release === undefined) return current;
  const compat = Object.hasOwn(releases, release) ? releases[release] : undefined;
  if (compat !== undefined) return compat;
  throw new TypeError(`Cannot act as MLflow "${release}" as it must be one of "${Object.keys(releases).join('", "')}"`);
}
