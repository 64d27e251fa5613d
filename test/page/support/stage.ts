import { bundleNextVersion, bundlePages, bundleServiceWorker } from "./bundle-pages.ts";
import { Browser } from "./chromium.ts";
import { type Site, startSite } from "./site.ts";
import { TrackingServer } from "./tracking-server.ts";

/** A browser, the site that its pages come from, and servers that they track to. */
export interface Stage {
  readonly browser: Browser;
  readonly site: Site;
  /** A new server; closed with the stage at the latest. */
  server(): Promise<TrackingServer>;
  /** Closes all pages and servers, but not the browser and the site. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Starts Chromium on a new profile, and the site. */
export async function openStage(): Promise<Stage> {
  const [pages, next, worker] = await Promise.all([
    bundlePages("test/page/programs/lab.ts"),
    bundleNextVersion("test/page/programs/lab.ts"),
    bundleServiceWorker("test/page/programs/service-worker.ts"),
  ]);
  const browser = await Browser.start();
  const site = await startSite(new Map([...pages, ...next, ...worker]));
  const servers: TrackingServer[] = [];
  const clear = async (): Promise<void> => {
    await browser.closePages();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  };
  return {
    browser,
    site,
    clear,
    async server() {
      const server = await TrackingServer.start();
      servers.push(server);
      return server;
    },
    async close() {
      await clear();
      await browser.close();
      await site.close();
    },
  };
}
