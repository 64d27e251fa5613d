import { afterEach } from "vitest";
import type { claim, HeldClaim } from "../../src/claims/index.ts";
import { createTracker } from "../../src/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

/** Servers and trackers for claims, of one file of tests. */
export interface ClaimPlaces {
  /** A server, and trackers on it as other programs would have them. */
  place(wrap?: (fetch: Fetch) => Fetch): Promise<{ readonly server: TestServer; readonly open: () => Tracker }>;
  /** @throws when it is not held */
  held(result: ReturnType<typeof claim>): Promise<HeldClaim>;
  /** What is closed after each test, the latest first. */
  readonly opened: (() => unknown)[];
}

export function claimPlaces(): ClaimPlaces {
  const opened: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });
  return {
    opened,
    async place(wrap = (fetch) => fetch) {
      const server = await testServer();
      opened.push(() => server.close());
      const open = (): Tracker => {
        const fetch = wrap(server.fetch);
        const tracker = createTracker({ trackingUri: server.trackingUri, fetch, onProblem: () => {} });
        opened.push(() => tracker.close());
        return tracker;
      };
      return { server, open };
    },
    async held(result) {
      const got = await result;
      if (got.state !== "held") throw new Error(`the claim is ${got.state}`);
      opened.push(() => got.release().catch(() => {}));
      return got;
    },
  };
}
