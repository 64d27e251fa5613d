import { afterAll, afterEach, beforeAll } from "vitest";
import type { Page } from "./page.ts";
import { openStage, type Stage } from "./stage.ts";
import type { TrackingServer } from "./tracking-server.ts";

/** What the tests of a file share. */
export interface Shared {
  readonly stage: Stage;
  /** Opens a page with a tracker for a server; `path` is that of the page. */
  page(server: TrackingServer, options?: PageOptions): Promise<Page>;
}

/** How a page is opened. */
interface PageOptions {
  readonly path?: string;
  readonly context?: string;
  readonly lab?: Omit<Parameters<(typeof lab)["open"]>[0], "trackingUri">;
}

/** Number of metric rows of a server. */
export const POINTS = "select count(*) from metrics";
/** Number of runs of a server. */
export const RUNS = "select count(*) from runs";

/** One Chromium for the tests of a file; pages and servers are closed after each. */
export function withStage(): Shared {
  let stage: Stage | undefined;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage?.clear());
  afterAll(() => stage?.close());
  const current = (): Stage => {
    if (!stage) throw new Error("Cannot use the stage before the tests begin");
    return stage;
  };
  return {
    get stage() {
      return current();
    },
    async page(server, { path = "/", context, lab: more = {} } = {}) {
      const { browser, site } = current();
      const page = await browser.open(site.url + path, context);
      await page.call((options) => lab.open(options), { trackingUri: server.url, ...more });
      return page;
    },
  };
}
