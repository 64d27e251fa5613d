import { existsSync } from "node:fs";
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "./support/stage.ts";
import { until } from "./support/until.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const LONG_RECORD = 500;

/** Cuts the last write of IndexedDB in two, as a SIGKILL does that meets it: a header without all that it announces. */
async function tearLog(profile: string): Promise<string> {
  const [folder] = (await readdir(profile, { recursive: true })).filter((path) => path.endsWith(".indexeddb.leveldb"));
  const logs = (await readdir(join(profile, folder!))).filter((name) => /^\d+\.log$/.test(name)).sort();
  const record = Buffer.alloc(40, 1);
  record.writeUInt16LE(LONG_RECORD, 4);
  record[6] = 1;
  const log = join(profile, folder!, logs.at(-1)!);
  await appendFile(log, record);
  return log;
}

// Chromium goes on in the log behind what was cut, cannot read it at the start after that, and throws all away.
test("F32 what Chromium's own log has only a part of after a kill costs no later start the queue", async () => {
  const { browser, site } = stage;
  const server = await stage.server();
  await server.down();
  let torn = "";
  for (const last of [100, 200, 300]) {
    const page = await browser.open(site.url);
    await page.call(
      async (trackingUri, to) => {
        await lab.open({ trackingUri });
        lab.log(`to ${to}`, 1, to);
        await lab.tracker.flush({ until: "durable" });
      },
      server.url,
      last,
    );
    await until("the torn log is gone", () => !existsSync(torn));
    await browser.kill();
    if (last === 100) torn = await tearLog(browser.profile);
    await browser.restart();
  }
  await server.up();
  const page = await browser.open(site.url);
  await page.call(async (trackingUri) => {
    await lab.open({ trackingUri });
    lab.log("last", 1, 1);
  }, server.url);
  await until("all is there", () => server.number("select count(*) from metrics") === 601);
  expect(server.number("select count(*) from runs")).toBe(4);
});
